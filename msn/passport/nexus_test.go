package passport

import (
	"strings"
	"testing"
)

// daLogin is what Gaim makes of the answer of the nexus: from behind DALogin= to the comma.
func daLogin(t *testing.T, answer string) string {
	t.Helper()
	head, _, ok := strings.Cut(answer, "\r\n\r\n")
	if !ok || !strings.HasPrefix(head, "HTTP/1.1 200 OK\r\n") || !strings.Contains(head, "\nPassportURLs:") {
		t.Fatalf("%s", answer)
	}
	return between(head[strings.Index(head, "PassportURLs"):], "DALogin=", ",")
}

// All forms of the question. Each answer ends with the connection, however much the client would like to keep it.
func TestNexus(t *testing.T) {
	r := newRig(t)
	for name, request := range map[string]string{
		"libpurple":  "GET /rdr/pprdr.asp\r\n\r\n",
		"one line":   "GET /rdr/pprdr.asp\r\n",
		"bare LF":    "GET /rdr/pprdr.asp\n\n",
		"blank line": "\r\nGET /rdr/pprdr.asp\r\n\r\n",
		"aMSN":       "GET /rdr/pprdr.asp HTTP/1.1\r\nHost: nexus.passport.com\r\nUser-Agent: Mozilla/5.0\r\nConnection: close\r\nAccept: */*\r\n\r\n",
		"MSN.pm":     "GET /rdr/pprdr.asp HTTP/1.1\r\nTE: deflate,gzip;q=0.3\r\nConnection: TE, close\r\nHost: nexus.passport.com\r\n\r\n",
		"gtmess":     "GET /rdr/pprdr.asp HTTP/1.0\r\n\r\n",
		"WinInet":    "GET /rdr/pprdr.asp HTTP/1.1\r\nAccept: */*\r\nUser-Agent: MSMSGS\r\nHost: nexus.passport.com\r\nConnection: Keep-Alive\r\nCache-Control: no-cache\r\n\r\n",
		"case":       "GET /Rdr/PPRDR.asp HTTP/1.1\r\nHost: NEXUS.passport.com\r\n\r\n",
		"two":        "GET //rdr/pprdr.asp HTTP/1.1\r\nHost: nexus.passport.com\r\n\r\n",
		"query":      "GET /rdr/pprdr.asp?x=1 HTTP/1.1\r\nHost: nexus.passport.com\r\n\r\n",
		"proxy":      "GET http://nexus.passport.com/rdr/pprdr.asp HTTP/1.0\r\n\r\n",
	} {
		for way, answer := range map[string]string{"plain": r.ask(request), "tls": r.askTLS(request)} {
			if got := daLogin(t, answer); !strings.EqualFold(got, "nexus.passport.com/login2.srf") {
				t.Errorf("%s, %s: %q in\n%s", name, way, got, answer)
			}
		}
	}
}

func TestNexusHead(t *testing.T) {
	r := newRig(t)
	a := r.ask("HEAD /rdr/pprdr.asp HTTP/1.1\r\nHost: nexus.passport.com\r\n\r\n")
	if daLogin(t, a); !strings.HasSuffix(a, "\r\n\r\n") {
		t.Errorf("%s", a)
	}
}

// Clients are sent to where they have asked, which cannot lead elsewhere, or as configured.
func TestLoginHost(t *testing.T) {
	r := newRig(t)
	_, plain, _ := strings.Cut(r.plain, ":")
	_, tls, _ := strings.Cut(r.tls, ":")
	ask := func(f func(string) string, host string) string {
		return daLogin(t, f("GET /rdr/pprdr.asp HTTP/1.1\r\nHost: "+host+"\r\n\r\n"))
	}
	for host, want := range map[string]string{
		"msn.example":            "msn.example",
		"msn.example:80":         "msn.example", // in front of us somebody maps ports
		"msn.example:" + plain:   "msn.example:" + tls,
		"[::1]:" + plain:         "[::1]:" + tls,
		"10.0.0.5":               "10.0.0.5",
		"a,b":                    nexusHost,
		"x y":                    nexusHost,
		"-a":                     nexusHost,
		"user@msn.example":       nexusHost,
		"":                       nexusHost,
		strings.Repeat("a", 300): nexusHost,
	} {
		if got := ask(r.ask, host); got != want+"/login2.srf" {
			t.Errorf("plain, %s: %s", host, got)
		}
	}
	for host, want := range map[string]string{
		"msn.example": "msn.example", "msn.example:443": "msn.example", "msn.example:8443": "msn.example:8443", "a/b": nexusHost,
	} {
		if got := ask(r.askTLS, host); got != want+"/login2.srf" {
			t.Errorf("tls, %s: %s", host, got)
		}
	}
	r = newRig(t, Config{LoginHost: "login.example.org:8443"})
	for _, f := range []func(string) string{r.ask, r.askTLS} {
		if got := ask(f, "nexus.passport.com"); got != "login.example.org:8443/login2.srf" {
			t.Error(got)
		}
	}
}

func TestNoServer(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("without accounts")
	}
	r := newRig(t)
	c := r.conf
	c.LoginHost = "https://login.example/"
	if _, err := New(c); err == nil {
		t.Error("login host is a URL")
	}
	c.LoginHost, c.Authority = "", nil
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ServeTLS(r.ctx, r.listen()); err == nil {
		t.Error("TLS without an authority")
	}
}
