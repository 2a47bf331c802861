package passport

import (
	"context"
	"fmt"
	"html"
	"net"
	"strings"
)

// rootPath is where PCs get the certificate of the authority.
const rootPath = "/msnbridge-ca.crt"

// hostsNames are those of clientHosts that have to lead here for a sign-in, and
// what MSN 6 and later ask for besides (doc/protocol, 04 section 7).
var hostsNames = []string{
	"messenger.hotmail.com", "nexus.passport.com", "login.passport.com", "loginnet.passport.com", "login.live.com",
	"config.messenger.msn.com",
}

// rootCertificate is what an old browser offers to install.
func (s *Server) rootCertificate(context.Context, *inquiry) *answer {
	if s.conf.Authority == nil {
		return page("404 Not Found", "Not found", "There is no certificate authority here.")
	}
	return &answer{status: "200 OK", media: "application/x-x509-ca-cert", body: string(s.conf.Authority.Root()), kept: true}
}

// index tells what to do on an old PC, in a way that its browser can show.
func (s *Server) index(_ context.Context, q *inquiry) *answer {
	var b strings.Builder
	b.WriteString("<p>This is an MSN Messenger service. MSN Messenger 5.0 to 7.5 and programs of its kind sign in here.\n" +
		"So that they find it, do this on your PC:</p>\n<ol>\n")
	if a := s.conf.Authority; a != nil {
		fmt.Fprintf(&b, "<li>Install <a href=\"%s\">the certificate</a> of this service, among the trusted root authorities.\n"+
			"Its fingerprint (SHA-1) must be<br><tt>%s</tt></li>\n", rootPath, inPairs(a.Fingerprint()))
		b.WriteString("<li>In the Internet Options, Advanced, turn on TLS 1.0, and turn off SSL 2.0 and SSL 3.0.</li>\n")
	}
	b.WriteString("<li>Add these lines to the file <tt>hosts</tt> (of Windows NT, 2000 and XP in\n" +
		"<tt>system32\\drivers\\etc</tt> of the Windows folder, of 95, 98 and ME in the Windows folder itself):\n<pre>\n")
	for _, name := range hostsNames {
		fmt.Fprintf(&b, "%s %s\n", html.EscapeString(ourAddress(q)), name)
	}
	b.WriteString("</pre></li>\n<li>Start the program anew and sign in.</li>\n</ol>\n")
	return htmlPage("200 OK", "MSN Messenger service", b.String())
}

// ourAddress is where the client of q has reached us, as it stands in a hosts file.
func ourAddress(q *inquiry) string {
	if host := strings.Trim(hostOf(q.asked), "[]"); net.ParseIP(host) != nil {
		return host
	}
	if t, ok := q.local.(*net.TCPAddr); ok {
		return t.IP.String()
	}
	return "?"
}

// inPairs has a blank after each two letters, as Windows shows fingerprints.
func inPairs(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i += 2 {
		b.WriteString(s[i:min(i+2, len(s))] + " ")
	}
	return strings.TrimSpace(b.String())
}
