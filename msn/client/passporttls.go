package client

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"time"
)

// dialTLS connects to a server of Passport, and makes sure that it is the one.
func (e *errand) dialTLS(ctx context.Context, addr string) (net.Conn, error) {
	conn, err := e.hosts.dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		conn.Close()
		return nil, err
	}
	c := tls.Client(conn, e.passport.config(host))
	if err := c.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

// config is what TLS with host is to be like.
func (p *Passport) config(host string) *tls.Config {
	c := &tls.Config{ServerName: host, NextProtos: []string{"http/1.1"}}
	switch {
	case p.Insecure:
		c.InsecureSkipVerify, c.MinVersion = true, tls.VersionTLS10
		for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			c.CipherSuites = append(c.CipherSuites, s.ID)
		}
	case len(p.Roots) > 0:
		c.InsecureSkipVerify = true // instead of verify, which takes SHA-1 too
		c.VerifyConnection = func(s tls.ConnectionState) error { return p.verify(host, s.PeerCertificates) }
	}
	return c
}

// verify makes sure that a server's certificate is that of host and signed by one
// of the roots.
func (p *Passport) verify(host string, chain []*x509.Certificate) error {
	o := x509.VerifyOptions{DNSName: host, Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool()}
	for _, root := range p.Roots {
		o.Roots.AddCert(root)
	}
	for _, c := range chain[1:] {
		o.Intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(o)
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); !unknown {
		return err
	}
	for _, root := range p.Roots {
		if signedBySHA1(chain[0], root) {
			return chain[0].VerifyHostname(host)
		}
	}
	return err
}

// signedBySHA1 tells whether root has signed a certificate that is valid now with
// the algorithm that Go no longer knows and Windows XP knows best.
func signedBySHA1(c, root *x509.Certificate) bool {
	key, ok := root.PublicKey.(*rsa.PublicKey)
	if !ok || !root.IsCA || c.SignatureAlgorithm != x509.SHA1WithRSA || !bytes.Equal(c.RawIssuer, root.RawSubject) {
		return false
	}
	now := time.Now()
	sum := sha1.Sum(c.RawTBSCertificate)
	return !now.Before(c.NotBefore) && !now.After(c.NotAfter) && rsa.VerifyPKCS1v15(key, crypto.SHA1, sum[:], c.Signature) == nil
}
