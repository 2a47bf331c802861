package client

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	policy = "lc=1033,id=507,tw=40,fs=1,ru=http%3A%2F%2Fmessenger%2Emsn%2Ecom,ct=1062764229,kpp=1,kv=5,ver=2.1.0173.1,tpf=43f8a4c8"
	pass   = `se,cr'et=<&é "1`
	given  = "t=6841e5e9671396636957&p="
)

// A door is a Passport of one server.
type door struct {
	*httptest.Server
	login string // what the nexus says; empty: this server
}

// serveDoor serves the pages, with the paths of these names changed to other answers.
func serveDoor(t *testing.T, change map[string]http.HandlerFunc) *door {
	t.Helper()
	d := &door{}
	answers := map[string]http.HandlerFunc{
		"/rdr/pprdr.asp": func(w http.ResponseWriter, _ *http.Request) {
			login := d.login
			if login == "" {
				login = d.Listener.Addr().String() + "/login2.srf"
			}
			w.Header()["PassportURLs"] = []string{"DARealm=Passport.Net,DALogin=" + login + ",DAReg=http://x/,ConfigVersion=11"}
		},
		"/login2.srf": func(w http.ResponseWriter, r *http.Request) {
			want := "Passport1.4 OrgVerb=GET,OrgURL=http%3A%2F%2Fmessenger%2Emsn%2Ecom,sign-in=anna%40msn.local,pwd=" +
				strings.ReplaceAll(url.QueryEscape(pass), "+", "%20") + "," + policy
			if got := r.Header.Get("Authorization"); got != want {
				t.Errorf("authorization %q, want %q", got, want)
			}
			w.Header()["Authentication-Info"] = []string{"Passport1.4 da-status=success,tname=MSPAuth,from-PP='" + given + "',ru=http://messenger.msn.com"}
		},
		"/RST.srf": func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			for _, want := range []string{"<wsse:Username>anna@msn.local</wsse:Username>", "<wsse:Password>se,cr&apos;et=&lt;&amp;é &quot;1</wsse:Password>",
				"<wsa:Address>messenger.msn.com</wsa:Address>", `URI="?lc=1033&amp;id=507&amp;tw=40`} {
				if !strings.Contains(string(body), want) {
					t.Errorf("%q is missing in %s", want, body)
				}
			}
			io.WriteString(w, rstGood)
		},
	}
	for path, f := range change {
		answers[path] = f
	}
	d.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := answers[r.URL.Path]; f != nil {
			f(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	return d
}

// rstGood is an answer as a living server gives it, with the ticket that is not asked for in front.
const rstGood = `<?xml version="1.0" encoding="utf-8"?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Header><psf:pp xmlns:psf="x"><psf:reqstatus>0x0</psf:reqstatus></psf:pp></S:Header><S:Body><wst:RequestSecurityTokenResponseCollection xmlns:wst="w" xmlns:wsse="e" xmlns:wsp="p"><wst:RequestSecurityTokenResponse><wst:TokenType>urn:passport:legacy</wst:TokenType><wsp:AppliesTo xmlns:wsa="a"><wsa:EndpointReference><wsa:Address>http://Passport.NET/tb</wsa:Address></wsa:EndpointReference></wsp:AppliesTo><wst:RequestedSecurityToken><EncryptedData><CipherValue>Cap26A</CipherValue></EncryptedData></wst:RequestedSecurityToken></wst:RequestSecurityTokenResponse><wst:RequestSecurityTokenResponse><wsp:AppliesTo xmlns:wsa="a"><wsa:EndpointReference><wsa:Address>contacts.msn.com</wsa:Address></wsa:EndpointReference></wsp:AppliesTo><wst:RequestedSecurityToken><wsse:BinarySecurityToken Id="Compact1">t=no&amp;p=</wsse:BinarySecurityToken></wst:RequestedSecurityToken></wst:RequestSecurityTokenResponse><wst:RequestSecurityTokenResponse><wsp:AppliesTo xmlns:wsa="a"><wsa:EndpointReference><wsa:Address>messenger.msn.com</wsa:Address></wsa:EndpointReference></wsp:AppliesTo><wst:RequestedSecurityToken>
<wsse:BinarySecurityToken Id="Compact2">t=6841e5e9671396636957&amp;p=</wsse:BinarySecurityToken></wst:RequestedSecurityToken></wst:RequestSecurityTokenResponse></wst:RequestSecurityTokenResponseCollection></S:Body></S:Envelope>`

// certificate makes a root and a certificate for login.live.com and 127.0.0.1, signed in the given way.
func certificate(t *testing.T, how x509.SignatureAlgorithm) (root *x509.Certificate, server tls.Certificate) {
	t.Helper()
	rootKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), SignatureAlgorithm: how}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "login.live.com"}, DNSNames: []string{"login.live.com"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: of.NotBefore, NotAfter: of.NotAfter, SignatureAlgorithm: how}
	rootDER, err := x509.CreateCertificate(rand.Reader, of, of, &rootKey.PublicKey, rootKey)
	if err != nil {
		t.Fatal(err)
	}
	if root, err = x509.ParseCertificate(rootDER); err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, of, &key.PublicKey, rootKey)
	if err != nil {
		t.Fatal(err)
	}
	return root, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// startTLS serves with a certificate of which the root is returned.
func (d *door) startTLS(t *testing.T, how x509.SignatureAlgorithm) *x509.Certificate {
	t.Helper()
	root, cert := certificate(t, how)
	d.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	d.Config.ErrorLog = log.New(io.Discard, "", 0)
	d.StartTLS()
	t.Cleanup(d.Close)
	return root
}

func (d *door) startPlain(t *testing.T) {
	d.Start()
	t.Cleanup(d.Close)
}

// ticketOf gets a ticket as a sign-in does.
func ticketOf(t *testing.T, o Options) (string, error) {
	t.Helper()
	o.Handle, o.Password = "anna@msn.local", pass
	return (&Client{options: o}).ticket(within(t), policy)
}

func TestTicket(t *testing.T) {
	for name, how := range map[string]x509.SignatureAlgorithm{"SHA-256": x509.SHA256WithRSA, "SHA-1": x509.SHA1WithRSA} {
		d := serveDoor(t, nil)
		roots := []*x509.Certificate{d.startTLS(t, how)}
		for path, o := range map[string]Options{
			"":               {Passport: Passport{Roots: roots}},
			"/":              {Passport: Passport{Insecure: true}},
			"/rdr/pprdr.asp": {Passport: Passport{Roots: roots}},
			"/login2.srf":    {Passport: Passport{Roots: roots}},
			"/RST.srf":       {Passport: Passport{Roots: roots}},
		} {
			o.Passport.URL = d.URL + path
			if got, err := ticketOf(t, o); err != nil || got != given {
				t.Errorf("%s, %s: %q, %v", name, path, got, err)
			}
		}
	}
}

// What names lead where is up to Hosts, as if it were the system's file; the certificate is that of the name.
func TestTicketByHosts(t *testing.T) {
	d := serveDoor(t, nil)
	d.login = "login.live.com/login2.srf"
	root := d.startTLS(t, x509.SHA256WithRSA)
	at := d.Listener.Addr().String()
	nexus := serveDoor(t, map[string]http.HandlerFunc{"/rdr/pprdr.asp": func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["PassportURLs"] = []string{"DARealm=Passport.Net,DALogin=login.live.com/login2.srf,DAReg=x"}
	}})
	nexus.startPlain(t)
	hosts := Hosts{"login.live.com": at, "nexus.passport.com:80": nexus.Listener.Addr().String()}
	for _, u := range []string{"http://nexus.passport.com", "https://login.live.com/RST.srf", "https://login.live.com/login2.srf"} {
		got, err := ticketOf(t, Options{Passport: Passport{URL: u, Roots: []*x509.Certificate{root}}, Hosts: hosts})
		if err != nil || got != given {
			t.Errorf("%s: %q, %v", u, got, err)
		}
	}
	hosts["other.test"] = at
	for _, how := range []x509.SignatureAlgorithm{x509.SHA256WithRSA, x509.SHA1WithRSA} {
		foreign, _ := certificate(t, how)
		for u, root := range map[string]*x509.Certificate{"https://other.test/RST.srf": root, "https://login.live.com/RST.srf": foreign} {
			if got, err := ticketOf(t, Options{Passport: Passport{URL: u, Roots: []*x509.Certificate{root}}, Hosts: hosts}); err == nil {
				t.Errorf("%s: a wrong certificate is taken: %q", u, got)
			}
		}
	}
}

func TestTicketIsRedirected(t *testing.T) {
	d := serveDoor(t, map[string]http.HandlerFunc{
		"/one/login2.srf": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login2.srf", http.StatusFound) },
		"/one/RST.srf": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `<S:Envelope xmlns:S="s"><S:Fault><faultcode>psf:Redirect</faultcode><psf:redirectUrl xmlns:psf="f">https://`+r.Host+`/RST.srf</psf:redirectUrl><faultstring>Authentication Failure</faultstring></S:Fault></S:Envelope>`)
		},
		"/round/login2.srf": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		},
		"/open/login2.srf": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+r.Host+"/login2.srf", http.StatusFound)
		},
	})
	root := d.startTLS(t, x509.SHA256WithRSA)
	for path, want := range map[string]error{"/one/login2.srf": nil, "/one/RST.srf": nil, "/round/login2.srf": ErrReferrals, "/open/login2.srf": errDowngrade} {
		got, err := ticketOf(t, Options{Passport: Passport{URL: d.URL + path, Roots: []*x509.Certificate{root}}})
		if !errors.Is(err, want) || want == nil && got != given {
			t.Errorf("%s: %q, %v, want %v", path, got, err, want)
		}
	}
}

// Whatever goes wrong is told in words.
func TestNoTicket(t *testing.T) {
	says := func(status int, header, value, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header()[header] = []string{value}
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	for name, c := range map[string]struct {
		path    string
		answer  http.HandlerFunc
		refused string // what a *Refused says; empty: it is another error
	}{
		"wrong password":   {"/login2.srf", says(401, "WWW-Authenticate", "Passport1.4 da-status=failed,srealm=Passport.NET,ts=-3,prompt,cburl=http://x,cbtxt=Wrong%20%1b[2Jpass%0d%0aword", ""), "Wrong [2Jpassword"},
		"no words":         {"/login2.srf", says(403, "X", "y", ""), "the sign-in is refused"},
		"failed with 200":  {"/login2.srf", says(200, "Authentication-Info", "Passport1.4 da-status=failed,cbtxt=No,x=y", ""), "No"},
		"no ticket":        {"/login2.srf", says(200, "Authentication-Info", "Passport1.4 da-status=success", ""), ""},
		"forged ticket":    {"/login2.srf", says(200, "Authentication-Info", "Passport1.4 da-status=success,from-PP='t=a b'", ""), ""},
		"empty ticket":     {"/login2.srf", says(200, "Authentication-Info", "Passport1.4 da-status=success,from-PP=''", ""), ""},
		"broken":           {"/login2.srf", says(500, "X", "y", "sorry"), ""},
		"no nexus":         {"/rdr/pprdr.asp", says(200, "X", "y", "hello"), ""},
		"nexus to nowhere": {"/rdr/pprdr.asp", says(200, "PassportURLs", "DALogin=,DAReg=", ""), ""},
		"wrong password by SOAP": {"/RST.srf", says(200, "Content-Type", "text/xml", `<S:Envelope xmlns:S="s"><S:Fault><faultcode>wsse:FailedAuthentication</faultcode><faultstring>Authentication
 Failure</faultstring></S:Fault></S:Envelope>`), "Authentication Failure"},
		"fault in the body": {"/RST.srf", says(500, "Content-Type", "text/xml", `<S:Envelope xmlns:S="s"><S:Body><S:Fault><faultstring>No</faultstring></S:Fault></S:Body></S:Envelope>`), "No"},
		"no XML":            {"/RST.srf", says(200, "Content-Type", "text/html", `<p>hello<br>`), ""},
		"half an answer":    {"/RST.srf", says(200, "Content-Type", "text/xml", rstGood[:1200]), ""},
		"no token":          {"/RST.srf", says(200, "Content-Type", "text/xml", `<S:Envelope xmlns:S="s"/>`), ""},
	} {
		d := serveDoor(t, map[string]http.HandlerFunc{c.path: c.answer})
		d.startPlain(t)
		got, err := ticketOf(t, Options{Passport: Passport{URL: d.URL + c.path}})
		why, isRefused := errors.AsType[*Refused](err)
		if err == nil || isRefused != (c.refused != "") || isRefused && why.Text != c.refused {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, u := range []string{"", "login.live.com", "ftp://x/RST.srf", "http://", "http://%zz"} {
		if got, err := ticketOf(t, Options{Passport: Passport{URL: u}}); err == nil {
			t.Errorf("%s: %q", u, got)
		}
	}
}

func TestTicketEndsWithItsContext(t *testing.T) {
	d := serveDoor(t, map[string]http.HandlerFunc{"/RST.srf": func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}})
	d.startPlain(t)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	c := &Client{options: Options{Passport: Passport{URL: d.URL + "/RST.srf"}}}
	if _, err := c.ticket(ctx, policy); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestTraceOfTickets(t *testing.T) {
	d := serveDoor(t, nil)
	root := d.startTLS(t, x509.SHA256WithRSA)
	var said []string
	for _, path := range []string{"/", "/RST.srf"} {
		_, err := ticketOf(t, Options{Passport: Passport{URL: d.URL + path, Roots: []*x509.Certificate{root}}, Trace: func(s string) { said = append(said, s) }})
		if err != nil {
			t.Fatal(err)
		}
	}
	all := strings.Join(said, "\n")
	for _, secret := range []string{"6841e5", "cr'et", "pwd=", "from-PP"} {
		if strings.Contains(all, secret) {
			t.Errorf("%s in %s", secret, all)
		}
	}
	if strings.Count(all, "200 OK") != 3 || !strings.Contains(all, "/login2.srf") {
		t.Error(all)
	}
}
