package passport

import (
	"crypto/x509"
	"net/http"
	"strings"
	"testing"
)

func TestIndex(t *testing.T) {
	r := newRig(t)
	for _, a := range []string{r.ask("GET / HTTP/1.0\r\n\r\n"), r.ask("GET /\r\n"), r.askTLS("GET / HTTP/1.1\r\nHost: 10.1.2.3:443\r\n\r\n")} {
		want := "127.0.0.1 nexus.passport.com\n"
		if strings.Contains(a, "10.1.2.3") {
			want = "10.1.2.3 nexus.passport.com\n"
		}
		if !strings.HasPrefix(a, "HTTP/1.1 200 OK\r\n") || !strings.Contains(a, want) || !strings.Contains(a, `href="/msnbridge-ca.crt"`) ||
			!strings.Contains(a, "HTML 3.2") || !strings.Contains(a, inPairs(r.authority.Fingerprint())) {
			t.Errorf("%s", a)
		}
	}
	if a := r.ask("GET / HTTP/1.1\r\nHost: <script>\r\n\r\n"); strings.Contains(a, "script") {
		t.Errorf("%s", a)
	}
}

// The root is for installation, in the form that Windows reads.
func TestRootCertificate(t *testing.T) {
	r := newRig(t)
	a := r.ask("GET /msnbridge-ca.crt HTTP/1.0\r\n\r\n")
	head, body, _ := strings.Cut(a, "\r\n\r\n")
	c, err := x509.ParseCertificate([]byte(body))
	if err != nil || !c.IsCA || !strings.Contains(head, "Content-Type: application/x-x509-ca-cert\r\n") || strings.Contains(head, "Cache-Control") {
		t.Fatalf("%v\n%s", err, head)
	}
	roots := x509.NewCertPool()
	roots.AddCert(c)
	for _, name := range append([]string{"login.example.org", "127.0.0.1"}, clientHosts...) {
		if _, err := r.authority.server.cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	conf := r.conf
	conf.Authority = nil
	s, err := New(conf)
	if err != nil {
		t.Fatal(err)
	}
	q := &inquiry{Request: &http.Request{}}
	if a := s.rootCertificate(r.ctx, q); !strings.HasPrefix(a.status, "404") {
		t.Error(a.status)
	}
	if a := s.index(r.ctx, q); strings.Contains(a.body, rootPath) {
		t.Error(a.body)
	}
}

// What is not here is said to people.
func TestNothingElse(t *testing.T) {
	r := newRig(t)
	for request, want := range map[string]string{
		"GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n":                                        "404 Not Found",
		"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n":                                   "404 Not Found",
		"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n":                                                "405 Method Not Allowed",
		"CONNECT login.live.com:443 HTTP/1.1\r\nHost: x\r\n\r\n":                              "405 Method Not Allowed",
		"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n":                                               "404 Not Found",
		"nonsense\r\n\r\n":                                                                    "400 Bad Request",
		"GET / HTTP/1.1\r\nHost x\r\n\r\n":                                                    "400 Bad Request",
		"GET %zz HTTP/1.1\r\nHost: x\r\n\r\n":                                                 "400 Bad Request",
		"\r\n\r\n\r\n\r\n\r\n\r\n":                                                            "400 Bad Request",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n":              "400 Bad Request",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nabc":                 "413 Request Entity Too Large",
		"GET / HTTP/1.1\r\nX: " + strings.Repeat("a", 2*maxHead) + "\r\n\r\n":                 "431 Request Header Fields Too Large",
		strings.Repeat("a", 2*maxHead):                                                        "431 Request Header Fields Too Large",
		"GET / HTTP/1.1\r\n" + strings.Repeat("X-A: aaaaaaaaaaaaaa\r\n", maxHead/10) + "\r\n": "431 Request Header Fields Too Large",
	} {
		if a := r.ask(request); !strings.HasPrefix(a, "HTTP/1.1 "+want+"\r\n") || !strings.Contains(a, "<html>") {
			t.Errorf("%.50q: %s", request, a)
		}
	}
}
