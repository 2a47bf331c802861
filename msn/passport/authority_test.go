package passport

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// checkPair checks what old Windows wants of certificates: RSA, the signature asked for, a validity that
// takes in a clock far behind and stays below the year 2050, and short serial numbers.
func checkPair(t *testing.T, a *Authority, want x509.SignatureAlgorithm) {
	t.Helper()
	for _, c := range []*x509.Certificate{a.root.cert, a.server.cert} {
		key, ok := c.PublicKey.(*rsa.PublicKey)
		if !ok || key.N.BitLen() != 2048 || c.SignatureAlgorithm != want || c.NotBefore.Year() != 2000 || c.NotAfter.Year() > 2049 ||
			time.Until(c.NotAfter) < 5*365*24*time.Hour || c.SerialNumber.Sign() <= 0 || c.SerialNumber.BitLen() > 63 || c.Version != 3 {
			t.Errorf("%+v", c)
		}
	}
	if !a.root.cert.IsCA || a.server.cert.IsCA || a.server.cert.KeyUsage&x509.KeyUsageKeyEncipherment == 0 {
		t.Error("usage")
	}
	// Go does not verify SHA-1 certificates any more, but signed requests of that kind.
	if err := a.root.cert.CheckSignature(want, a.root.cert.RawTBSCertificate, a.root.cert.Signature); want != x509.SHA1WithRSA && err != nil {
		t.Error(err)
	}
	if !bytes.Equal(a.server.cert.RawIssuer, a.root.cert.RawSubject) || !bytes.Equal(a.server.cert.AuthorityKeyId, a.root.cert.SubjectKeyId) {
		t.Error("not signed by the root")
	}
}

// The keys last; certificates are made anew when they have to be.
func TestAuthority(t *testing.T) {
	dir := t.TempDir()
	open := func(signature string, hosts ...string) *Authority {
		t.Helper()
		a, err := OpenAuthority(dir, signature, hosts...)
		if err != nil {
			t.Fatal(err)
		}
		checkPair(t, a, algorithms[signature])
		for _, name := range []string{rootFile, serverFile} {
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v %v", info, err)
			}
		}
		return a
	}
	first := open(SHA256, "login.example.org", "10.0.0.5")
	if c := first.server.cert; c.Subject.CommonName != "login.example.org" || c.VerifyHostname("10.0.0.5") != nil || c.VerifyHostname("nexus.passport.com") != nil {
		t.Errorf("%+v", c)
	}
	again := open(SHA256, "Login.Example.org", "10.0.0.5")
	if !again.root.cert.Equal(first.root.cert) || !again.server.cert.Equal(first.server.cert) {
		t.Error("made anew without need")
	}
	renamed := open(SHA256, "other.example.org")
	if !renamed.root.cert.Equal(first.root.cert) || renamed.server.cert.Equal(first.server.cert) || renamed.server.cert.VerifyHostname("other.example.org") != nil {
		t.Error("another name")
	}
	old := open(SHA1, "other.example.org")
	if !bytes.Equal(old.root.cert.RawSubject, first.root.cert.RawSubject) || !old.root.key.Equal(first.root.key) || old.root.cert.Equal(first.root.cert) {
		t.Error("another signature must leave the key and the name of the root")
	}
	os.WriteFile(filepath.Join(dir, serverFile), []byte("nonsense"), 0o600)
	open(SHA1, "other.example.org")
	os.WriteFile(filepath.Join(dir, rootFile), []byte("nonsense"), 0o600)
	if _, err := OpenAuthority(dir, SHA1); err == nil || !strings.Contains(err.Error(), rootFile) {
		t.Errorf("a broken root: %v", err)
	}
	old.server.write(filepath.Join(dir, rootFile))
	if _, err := OpenAuthority(dir, SHA1); err == nil || !strings.Contains(err.Error(), "authority") {
		t.Errorf("a root that may sign nothing: %v", err)
	}
	if _, err := OpenAuthority(dir, "md5"); err == nil {
		t.Error("md5")
	}
	if _, err := OpenAuthority(filepath.Join(dir, "none"), SHA256); err == nil {
		t.Error("no directory")
	}
}

// A server that runs for years gets a new certificate before the old one ends.
func TestRenewal(t *testing.T) {
	a, err := OpenAuthority(t.TempDir(), SHA256)
	if err != nil {
		t.Fatal(err)
	}
	first := a.server.cert
	leaf := a.leaf(a.server.key)
	leaf.NotAfter = time.Now().Add(renewTime - time.Hour)
	if a.server, err = a.sign(leaf, a.server.key, a.root); err != nil {
		t.Fatal(err)
	}
	if err := a.server.write(filepath.Join(a.dir, serverFile)); err != nil {
		t.Fatal(err)
	}
	c, err := a.certificate(nil)
	if err != nil || time.Until(c.Leaf.NotAfter) < renewTime || c.Leaf.Equal(first) {
		t.Errorf("%v %v", c.Leaf.NotAfter, err)
	}
	checkPair(t, a, x509.SHA256WithRSA)
}

func TestHosts(t *testing.T) {
	all := allHosts([]string{"", "LOGIN.live.com", "[::2]", "a.example", "a.example"})
	if want := []string{"login.live.com", "::2", "a.example", "nexus.passport.com"}; !slices.Equal(all[:4], want) {
		t.Errorf("%v", all)
	}
	if n := commonName([]string{strings.Repeat("a", 65), "10.0.0.1", "a.example"}); n != "a.example" {
		t.Error(n)
	}
}
