package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"msnbridge/internal/testserver"
)

func ircTable(name, server string) string {
	return fmt.Sprintf("[irc.%s]\nserver = %q\ntls = false\ndomain = %q\n", name, server, name+".test")
}

// ircThatSays is an IRC server that answers USER with one line and closes. It
// stands in for servers that refuse.
func ircThatSays(t *testing.T, line string) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			for sc := bufio.NewScanner(c); sc.Scan(); {
				if strings.HasPrefix(sc.Text(), "USER ") {
					fmt.Fprintf(c, "%s\r\n", line)
					break
				}
			}
			c.Close()
		}
	}()
	t.Cleanup(func() { ln.Close(); <-done })
	return ln.Addr().String()
}

func TestLogins(t *testing.T) {
	both(t, ircTable("home", "127.0.0.1:1"), func(t *testing.T, p *place) {
		p.must(t, "pw\n", "account", "add", "anna@msn.local", "--password-stdin")
		p.must(t, "this is not read\n", "login", "add", "anna@msn.local", "irc.home", "nick=anna")
		out := p.must(t, "", "login", "list")
		for _, s := range []string{"anna@msn.local", "home", "nick=anna"} {
			if !strings.Contains(out, s) {
				t.Errorf("%q is missing in:\n%s", s, out)
			}
		}
		p.fail(t, 1, []string{"exists", "login remove anna@msn.local home"}, "", "login", "add", "anna@msn.local", "home", "nick=other")
		if out := p.must(t, "", "login", "list", "Anna@msn.local"); !strings.Contains(out, "home") {
			t.Errorf("list:\n%s", out)
		}
		p.must(t, "", "login", "remove", "anna@msn.local", "irc.home")
		if out := p.must(t, "", "login", "list"); out != "" {
			t.Errorf("list:\n%s", out)
		}
		p.fail(t, 1, []string{"anna@msn.local", "home", "login list"}, "", "login", "remove", "anna@msn.local", "home")
	})
}

func TestWrongLogins(t *testing.T) {
	both(t, "[matrix]\n"+ircTable("home", "127.0.0.1:1"), func(t *testing.T, p *place) {
		p.must(t, "pw\n", "account", "add", "anna@msn.local", "--password-stdin")
		for _, c := range []struct {
			args, says []string
		}{
			{[]string{"bob@msn.local", "home", "nick=bob"}, []string{"bob@msn.local"}},
			{[]string{"anna@msn.local", "nonet", "nick=anna"}, []string{"nonet", "home", "matrix"}},
			{[]string{"anna@msn.local", "home"}, []string{"nick"}},
			{[]string{"anna@msn.local", "home", "nick=a b"}, []string{"nick"}},
			{[]string{"anna@msn.local", "home", "nick=a\r\nQUIT"}, []string{"nick"}},
			{[]string{"anna@msn.local", "home", "nick=anna", "colour=red"}, []string{"colour"}},
			{[]string{"anna@msn.local", "matrix"}, []string{"user"}},
			{[]string{"anna@msn.local", "matrix", "user=anna"}, []string{"user"}},
			{[]string{"anna@msn.local", "matrix", "user=@anna:matrix.test", "homeserver=nonsense"}, []string{"homeserver"}},
		} {
			p.fail(t, 1, c.says, "", append([]string{"login", "add"}, c.args...)...)
		}
		p.fail(t, 1, []string{"bob@msn.local"}, "", "login", "list", "bob@msn.local")
		if out := p.must(t, "", "login", "list"); out != "" {
			t.Errorf("something was stored:\n%s", out)
		}
	})
}

// A certificate is read whole; without one, one is made later.
func TestLoginWithCertificate(t *testing.T) {
	p := newPlace(t, "[irc.home]\nserver = \"127.0.0.1:1\"\ndomain = \"home.test\"\n")
	p.must(t, "pw\n", "account", "add", "anna@msn.local", "--password-stdin")
	add := []string{"login", "add", "anna@msn.local", "home", "nick=anna", "sasl=external"}
	p.fail(t, 1, []string{"certificate", "PEM"}, "hunter2\n", append(add, "--password-stdin")...)
	p.fail(t, 1, []string{"leave --password-stdin out"}, "\n", append(add, "--password-stdin")...)
	p.fail(t, 1, []string{"longer than"}, strings.Repeat("x\n", maxPEM), append(add, "--password-stdin")...)
	p.must(t, certificate(t), append(add, "--password-stdin")...)
	p.must(t, "", "login", "remove", "anna@msn.local", "home")
	p.must(t, "", add...)
}

// certificate is one with its key, as PEM.
func certificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})) +
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
}

func TestLoginThatCannotBeReachedYet(t *testing.T) {
	p := newPlace(t, ircTable("home", "127.0.0.1:1"))
	p.must(t, "pw\n", "account", "add", "anna@msn.local", "--password-stdin")
	p.start(t)
	if out := p.must(t, "", "login", "add", "anna@msn.local", "home", "nick=anna"); !strings.Contains(out, "tried again") {
		t.Error(out)
	}
	if out := p.must(t, "", "login", "list"); !strings.Contains(out, "not connected") {
		t.Error(out)
	}
}

func TestLoginThatIsRefused(t *testing.T) {
	p := newPlace(t, "[matrix]\n"+ircTable("home", ircThatSays(t, ":irc.test 464 anna :Password incorrect")))
	hs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/_matrix/client/versions":
			fmt.Fprint(w, `{"versions":["v1.2"]}`)
		case "/_matrix/client/v3/login":
			if r.Method == http.MethodGet {
				fmt.Fprint(w, `{"flows":[{"type":"m.login.password"}]}`)
				return
			}
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"errcode":"M_FORBIDDEN","error":"Invalid username or password"}`)
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"errcode":"M_NOT_FOUND","error":"nothing here"}`)
		}
	}))
	t.Cleanup(hs.Close)
	p.must(t, "pw\n", "account", "add", "anna@msn.local", "--password-stdin")
	s := p.start(t)
	says := []string{"refuses", "kept", "login remove anna@msn.local"}
	p.fail(t, 1, append(says, "home"), "", "login", "add", "anna@msn.local", "home", "nick=anna")
	p.fail(t, 1, append(says, "matrix"), "s3cret-of-matrix\n", "login", "add", "anna@msn.local", "matrix",
		"user=@anna:matrix.test", "homeserver="+hs.URL, "--password-stdin")
	out := p.must(t, "", "login", "list")
	if strings.Count(out, "not tried again") != 2 {
		t.Errorf("list:\n%s", out)
	}
	if strings.Contains(out+s.log.String(), "s3cret-of-matrix") {
		t.Error("a password shows")
	}
}

func TestLoginThatConnects(t *testing.T) {
	irc := testserver.Ngircd(t, testserver.NgircdOptions{})
	p := newPlace(t, ircTable("home", irc.Addr))
	p.must(t, "pw\n", "account", "add", "anna@msn.local", "--password-stdin")
	p.start(t)
	if out := p.must(t, "", "login", "add", "anna@msn.local", "home", "nick=anna"); !strings.Contains(out, "connected to home") {
		t.Error(out)
	}
	if out := p.must(t, "", "login", "list"); !strings.Contains(out, "connected since") {
		t.Error(out)
	}
	p.must(t, "", "login", "remove", "anna@msn.local", "home")
	p.must(t, "", "account", "remove", "anna@msn.local")
}

func TestLoginThatWaitsForTheDaemon(t *testing.T) {
	irc := testserver.Ngircd(t, testserver.NgircdOptions{})
	p := newPlace(t, ircTable("home", irc.Addr))
	p.must(t, "pw\n", "account", "add", "anna@msn.local", "--password-stdin")
	if out := p.must(t, "", "login", "add", "anna@msn.local", "home", "nick=anna"); !strings.Contains(out, "when msnbridge runs") {
		t.Error(out)
	}
	s := p.start(t)
	s.await(t, "connected")
	if out := p.must(t, "", "login", "list"); !strings.Contains(out, "connected since") {
		t.Error(out)
	}
}
