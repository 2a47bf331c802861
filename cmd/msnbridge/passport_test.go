package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

var (
	plainRuns = regexp.MustCompile(` passport=(\S+)`)
	tlsRuns   = regexp.MustCompile(` passport_tls=(\S+)`)
)

// A client of MSN 6 signs in: it installs the certificate, asks the nexus, shows its password where that
// says, by TLS 1.0, and its ticket at the notification server, once.
func TestPassport(t *testing.T) {
	p := newPlace(t, "[passport]\nlisten = \"127.0.0.1:0\"\ntls_listen = \"127.0.0.1:0\"\n")
	p.must(t, "secret1\n", "account", "add", "anna@msn.local", "--password-stdin")
	s := p.start(t)
	plain := plainRuns.FindStringSubmatch(s.await(t, " passport="))
	secure := tlsRuns.FindStringSubmatch(s.await(t, " passport_tls="))
	if plain == nil || secure == nil {
		t.Fatal(s.log)
	}
	roots := x509.NewCertPool()
	roots.AddCert(fetchRoot(t, "http://"+plain[1]+"/msnbridge-ca.crt"))
	ask := func(request string) string {
		c, err := tls.Dial("tcp", secure[1], &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10,
			CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}, RootCAs: roots, ServerName: "nexus.passport.com"})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return httpTalk(t, c, request)
	}
	if a := ask("GET /rdr/pprdr.asp\r\n\r\n"); !strings.Contains(a, "DALogin=nexus.passport.com/login2.srf,") {
		t.Fatal(a)
	}
	const signIn = "GET /login2.srf HTTP/1.1\r\nAuthorization: Passport1.4 OrgVerb=GET,sign-in=anna%%40msn.local,pwd=%s,lc=1033\r\nHost: nexus.passport.com\r\n\r\n"
	if a := ask(fmt.Sprintf(signIn, "wrong")); !strings.Contains(a, "401 Unauthorized") || !strings.Contains(a, "cbtxt=Wrong%20") {
		t.Error(a)
	}
	_, ticket, _ := strings.Cut(ask(fmt.Sprintf(signIn, "secret1")), "from-PP='")
	ticket, _, _ = strings.Cut(ticket, "'")
	for _, want := range []string{"USR 4 OK anna@msn.local", "911 4"} {
		if got := showTicket(t, s.addr, ticket); !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %s", got, want)
		}
	}
	if code := s.stop(t, syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
	if log := s.log.String(); strings.Contains(log, "secret1") || strings.Contains(log, ticket) {
		t.Error(log)
	}
}

// fetchRoot gets the certificate to install.
func fetchRoot(t *testing.T, url string) *x509.Certificate {
	t.Helper()
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	der, _ := io.ReadAll(resp.Body)
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// httpTalk sends a request and reads to the end.
func httpTalk(t *testing.T, c net.Conn, request string) string {
	t.Helper()
	deadline, _ := within(t).Deadline()
	c.SetDeadline(deadline)
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// showTicket signs in at the notification server and returns what it says to the ticket.
func showTicket(t *testing.T, addr, ticket string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	deadline, _ := within(t).Deadline()
	c.SetDeadline(deadline)
	r := bufio.NewReader(c)
	var line string
	for _, command := range []string{"VER 1 MSNP9 CVR0", "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS anna@msn.local", "USR 3 TWN I anna@msn.local", "USR 4 TWN S " + ticket} {
		if _, err := io.WriteString(c, command+"\r\n"); err != nil {
			t.Fatal(err)
		}
		if line, err = r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	return line
}

// Nothing of it is there unless it is asked for, and no keys are made without TLS.
func TestNoPassport(t *testing.T) {
	for _, more := range []string{"", "[passport]\nlogin_host = \"login.example\"\n", "[passport]\nlisten = \"127.0.0.1:0\"\n"} {
		p := newPlace(t, more)
		s := p.start(t)
		s.stop(t, syscall.SIGTERM)
		if strings.Contains(s.log.String(), "passport sign-in") != strings.Contains(more, "listen =") {
			t.Errorf("%s: %s", more, s.log)
		}
		if files, _ := filepath.Glob(filepath.Join(p.dir, "data", "passport*")); len(files) > 0 {
			t.Errorf("%s: %v", more, files)
		}
	}
}

// What is wrong with it shows before anything runs.
func TestPassportCannot(t *testing.T) {
	p := newPlace(t, "")
	s := p.start(t)
	for _, key := range []string{"listen", "tls_listen"} {
		other := newPlace(t, "[passport]\n"+key+" = \""+s.addr+"\"\n")
		other.fail(t, 1, []string{"config.toml", "passport." + key, s.addr, "in use"}, "")
	}
	broken := newPlace(t, "[passport]\ntls_listen = \"127.0.0.1:0\"\n")
	os.Mkdir(filepath.Join(broken.dir, "data"), 0o700)
	broken.write(t, "data/passport-ca.pem", "nonsense")
	broken.fail(t, 1, []string{"data/passport-ca.pem", "remove the file"}, "")
}
