package passport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
)

// Windows XP speaks TLS 1.0 with 3DES or RC4, later systems more.
func TestLegacyTLS(t *testing.T) {
	r := newRig(t)
	roots := x509.NewCertPool()
	root, err := x509.ParseCertificate(r.authority.Root())
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(root)
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12} {
		for _, suite := range legacySuites {
			if version < tls.VersionTLS12 && strings.Contains(tls.CipherSuiteName(suite), "_SHA256") || strings.Contains(tls.CipherSuiteName(suite), "_SHA384") {
				continue // they are of TLS 1.2
			}
			c, err := tls.Dial("tcp", r.tls, &tls.Config{MinVersion: version, MaxVersion: version, CipherSuites: []uint16{suite}, RootCAs: roots, ServerName: "nexus.passport.com"})
			if err != nil {
				t.Fatalf("%s, %s: %v", tls.VersionName(version), tls.CipherSuiteName(suite), err)
			}
			if s := c.ConnectionState(); s.Version != version || s.CipherSuite != suite {
				t.Errorf("%+v", s)
			}
			c.Close()
		}
	}
	if c, err := tls.Dial("tcp", r.tls, &tls.Config{RootCAs: roots, ServerName: "login.live.com"}); err != nil {
		t.Errorf("a client of today: %v", err)
	} else {
		c.Close()
	}
	if a := r.askTLS("GET /rdr/pprdr.asp\r\n\r\n"); daLogin(t, a) != "nexus.passport.com/login2.srf" {
		t.Error(a)
	}
}

// What old clients need is refused by every other listener: nothing of it is set for the process.
func TestModernListener(t *testing.T) {
	r := newRig(t)
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: r.authority.certificate})
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			c.(*tls.Conn).Handshake()
			c.Close()
		}
	}()
	dial := func(version, suite uint16) error {
		c, err := tls.Dial("tcp", ln.Addr().String(), &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: version, CipherSuites: []uint16{suite}, InsecureSkipVerify: true})
		if err == nil {
			c.Close()
		}
		return err
	}
	if err := dial(tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256); err != nil {
		t.Fatal(err)
	}
	for _, suite := range legacySuites {
		if dial(tls.VersionTLS11, suite) == nil || dial(tls.VersionTLS10, suite) == nil {
			t.Errorf("%s with TLS 1.0", tls.CipherSuiteName(suite))
		}
	}
	for _, suite := range []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_RSA_WITH_RC4_128_SHA, tls.TLS_RSA_WITH_AES_128_CBC_SHA} {
		if dial(tls.VersionTLS12, suite) == nil {
			t.Error(tls.CipherSuiteName(suite))
		}
	}
	ln.Close()
	<-served
}

// Who cannot be served is sent away, and the log says what to do.
func TestNoHandshake(t *testing.T) {
	r := newRig(t)
	for hello, hint := range map[string]string{
		"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\x01\x00\x80\x03\x00\x80": "SSL 2.0",
		"GET / HTTP/1.0\r\n\r\n": "no TLS",
		"\x16\x03\x00\x00\x2f\x01\x00\x00\x2b\x03\x00" + strings.Repeat("\x00", 32) + "\x00\x00\x04\x00\x04\x00\x05\x01\x00": "unsupported versions",
	} {
		c, err := net.Dial("tcp", r.tls)
		if err != nil {
			t.Fatal(err)
		}
		deadline, _ := r.ctx.Deadline()
		c.SetDeadline(deadline)
		io.WriteString(c, hello)
		io.Copy(io.Discard, c) // until it is closed
		c.Close()
		if log := r.log.String(); !strings.Contains(log, hint) {
			t.Errorf("%s: %s", hint, log)
		}
	}
	if _, err := r.dialTLS(tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256); err == nil { // not of TLS 1.0
		t.Error("no suite in common")
	}
}

// OpenSSL, which is not written by those who wrote ours.
func TestOpenSSL(t *testing.T) {
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip(err)
	}
	r := newRig(t)
	for _, dir := range []string{SHA256, SHA1} {
		t.Run(dir, func(t *testing.T) { r.openssl(t, path, dir) })
	}
}

// openssl checks a chain and a handshake with TLS 1.0 as it sees them.
func (r *rig) openssl(t *testing.T, path, signature string) {
	dir := t.TempDir()
	a, err := OpenAuthority(dir, signature)
	if err != nil {
		t.Fatal(err)
	}
	conf := r.conf
	conf.Authority = a
	s, err := New(conf)
	if err != nil {
		t.Fatal(err)
	}
	ln := r.listen()
	ctx, cancel := context.WithCancel(r.ctx)
	served := make(chan error, 1)
	go func() { served <- s.ServeTLS(ctx, ln) }()
	defer func() { cancel(); <-served }()
	cmd := exec.CommandContext(r.ctx, path, "s_client", "-connect", ln.Addr().String(), "-tls1", "-cipher", "AES128-SHA:@SECLEVEL=0", "-quiet",
		"-CAfile", dir+"/"+rootFile, "-verify_return_error", "-verify_hostname", "nexus.passport.com", "-auth_level", "0")
	cmd.Stdin = strings.NewReader("GET /rdr/pprdr.asp\r\n\r\n")
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "no protocols available") || strings.Contains(string(out), "no cipher match") {
		t.Skip("this OpenSSL has no TLS 1.0")
	}
	if !strings.Contains(string(out), "DALogin=nexus.passport.com/login2.srf,") {
		t.Errorf("%v\n%s", err, out)
	}
	text, err := exec.CommandContext(r.ctx, path, "x509", "-in", dir+"/"+serverFile, "-noout", "-text").CombinedOutput()
	if want := fmt.Sprintf("Signature Algorithm: %sWithRSAEncryption", signature); err != nil || !strings.Contains(string(text), want) {
		t.Errorf("%v\n%s", err, text)
	}
}
