package irc

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"

	"msnbridge/bridge"
)

// Client certificates, by which services know an account (SASL EXTERNAL). One that
// we make is kept with the login, and sealed there.
const (
	certKey  = "certificate" // in bridge.LoginState: certificate and key as PEM
	knownKey = "certificate_known"
)

// maxPEM bounds a certificate with its key, in bytes.
const maxPEM = 32 << 10

// certAge is how long a certificate of ours is good. Services go by its digest
// alone.
const certAge = 30 * 365 * 24 * time.Hour

// readCertificate reads a certificate and its key.
func readCertificate(secret bridge.Secret) (*tls.Certificate, error) {
	text := []byte(secret.Reveal())
	if len(text) > maxPEM {
		return nil, fmt.Errorf("certificate: longer than %d bytes", maxPEM)
	}
	cert, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, fmt.Errorf("certificate: it must be a PEM text with a certificate and its unencrypted key: %w", err)
	}
	return &cert, nil
}

// certify gives a login with sasl=external its certificate, and makes one if it
// has none.
func (n *Network) certify(ctx context.Context, login bridge.Login, id *identity) error {
	if id.sasl != "external" {
		return nil
	}
	text := login.Secret
	if text == "" {
		id.made = true
		kept, err := ownCertificate(ctx, login.State, login.Account)
		if err != nil {
			return err
		}
		text = bridge.Secret(kept)
		known, err := login.State.Get(ctx, knownKey)
		if err != nil {
			return err
		}
		id.proven = known != nil
	}
	cert, err := readCertificate(text)
	id.cert = cert
	return err
}

// ownCertificate is the certificate that was made for a login.
func ownCertificate(ctx context.Context, state bridge.LoginState, name string) ([]byte, error) {
	if state == nil {
		return nil, errors.New("there is no place to keep a certificate")
	}
	text, err := state.Get(ctx, certKey)
	if err != nil || text != nil {
		return text, err
	}
	if text, err = makeCertificate(name); err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	return text, state.Put(ctx, certKey, text)
}

// makeCertificate makes a key on P-256, which the TLS of all networks takes, and a
// certificate signed with it.
func makeCertificate(name string) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-24 * time.Hour),
		NotAfter:     time.Now().Add(certAge),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})...), nil
}

// fingerprints are the digests by which networks know a certificate.
func fingerprints(cert *tls.Certificate) string {
	short, long := sha256.Sum256(cert.Certificate[0]), sha512.Sum512(cert.Certificate[0])
	return "SHA-256 " + hex.EncodeToString(short[:]) + ", SHA-512 " + hex.EncodeToString(long[:])
}

// proven notes that the network knows the certificate that we have made.
func (c *Conn) proven(ctx context.Context) error {
	if !c.id.made || c.id.proven {
		return nil
	}
	c.id.proven = true
	return c.login.State.Put(ctx, knownKey, []byte("yes"))
}
