package passport

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// The hashes that certificates can be signed with. Windows knows SHA-256 since XP
// Service Pack 3.
const (
	SHA256 = "sha256"
	SHA1   = "sha1"
)

var algorithms = map[string]x509.SignatureAlgorithm{SHA256: x509.SHA256WithRSA, SHA1: x509.SHA1WithRSA}

// The files of an authority in its directory, each with a certificate and its key.
const (
	rootFile   = "passport-ca.pem"
	serverFile = "passport-server.pem"
)

const (
	keyBits     = 2048
	serverYears = 10
	renewTime   = 30 * 24 * time.Hour // before a certificate ends
)

// Certificates are valid from the first of these on, as the clock of an old PC may
// be far behind, and until the second at most: old Windows reads no year in four
// digits (RFC 5280, 4.1.2.5).
var (
	longAgo   = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	lastOfAll = time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC)
)

// An Authority signs the certificate of the legacy TLS listener. Clients trust it
// once its root is installed on their PC. Its methods may be called from several
// goroutines.
type Authority struct {
	dir       string
	algorithm x509.SignatureAlgorithm
	names     []string // of the server's certificate; the first is its common name
	root      *pair

	mu     sync.Mutex // guards server
	server *pair
}

// OpenAuthority opens the authority that is kept in dir, and makes it if there is
// none. signature is SHA256 or SHA1: with another one than before, the same keys
// get new certificates, and PCs that have the root go on trusting it. hosts are
// names and addresses of the server beside those that clients have built in; the
// first becomes its common name.
func OpenAuthority(dir, signature string, hosts ...string) (*Authority, error) {
	a := &Authority{dir: dir, algorithm: algorithms[signature], names: allHosts(hosts)}
	if a.algorithm == 0 {
		return nil, fmt.Errorf("passport: %q is no signature", signature)
	}
	if err := a.openRoot(); err != nil {
		return nil, err
	}
	_, err := a.certificate(nil)
	return a, err
}

// RootFile is where an authority that is kept in dir has its root, in PEM and
// behind it the key.
func RootFile(dir string) string { return filepath.Join(dir, rootFile) }

// Root is the certificate to install on PCs, in DER.
func (a *Authority) Root() []byte { return a.root.cert.Raw }

// Fingerprint is the SHA-1 of Root, as Windows shows it.
func (a *Authority) Fingerprint() string {
	sum := sha1.Sum(a.Root())
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// openRoot reads the root, or makes one.
func (a *Authority) openRoot() (err error) {
	path := RootFile(a.dir)
	a.root, err = readPair(path)
	if err == nil && a.root != nil && !a.root.cert.IsCA {
		err = fmt.Errorf("%s: not a certificate of an authority", path)
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("certificate authority: %w", err)
	case err != nil:
		return fmt.Errorf("certificate authority: %w; if it is lost, remove the file for a new one, which PCs have to install again", err)
	case a.root != nil && a.fresh(a.root.cert):
		return nil
	}
	var key *rsa.PrivateKey
	if a.root != nil {
		key = a.root.key
	} else if key, err = rsa.GenerateKey(rand.Reader, keyBits); err != nil {
		return err
	}
	id := keyID(key)
	t := &x509.Certificate{
		Subject:  pkix.Name{Organization: []string{"msnbridge"}, CommonName: "msnbridge CA " + hex.EncodeToString(id[:4])},
		NotAfter: lastOfAll, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: id,
	}
	if a.root, err = a.sign(t, key, &pair{t, key}); err != nil {
		return err
	}
	return a.root.write(path)
}

// fresh tells whether a certificate need not be made anew.
func (a *Authority) fresh(c *x509.Certificate) bool {
	return c.SignatureAlgorithm == a.algorithm && time.Until(c.NotAfter) > renewTime
}

// certificate is the server's certificate for whoever asks: clients of that age do
// not say which name they want. It is made anew before it ends.
func (a *Authority) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.server == nil || !a.fits(a.server.cert) {
		if err := a.openServer(); err != nil {
			return nil, err
		}
	}
	return a.server.tls(), nil
}

// openServer reads the server's certificate, or makes one. One that does not fit
// is of no use to anybody, so it is replaced. The caller holds mu.
func (a *Authority) openServer() error {
	path := filepath.Join(a.dir, serverFile)
	p, err := readPair(path)
	if err != nil || p == nil {
		p = &pair{}
		if p.key, err = rsa.GenerateKey(rand.Reader, keyBits); err != nil {
			return err
		}
	}
	if p.cert == nil || !a.fits(p.cert) {
		if p, err = a.sign(a.leaf(p.key), p.key, a.root); err != nil {
			return err
		}
		if err := p.write(path); err != nil {
			return err
		}
	}
	a.server = p
	return nil
}

// leaf is what the server's certificate says.
func (a *Authority) leaf(key *rsa.PrivateKey) *x509.Certificate {
	t := &x509.Certificate{
		Subject:  pkix.Name{Organization: []string{"msnbridge"}, CommonName: commonName(a.names)},
		NotAfter: time.Now().AddDate(serverYears, 0, 0), BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, SubjectKeyId: keyID(key),
	}
	t.DNSNames, t.IPAddresses = alternatives(a.names)
	return t
}

// sign makes a certificate of what it says. by is who signs it.
func (a *Authority) sign(t *x509.Certificate, key *rsa.PrivateKey, by *pair) (*pair, error) {
	serial := make([]byte, 8)
	rand.Read(serial)
	serial[0] &= 0x7f
	t.SerialNumber = new(big.Int).SetBytes(serial)
	t.SignatureAlgorithm, t.NotBefore = a.algorithm, longAgo
	if t.NotAfter.After(lastOfAll) {
		t.NotAfter = lastOfAll
	}
	der, err := x509.CreateCertificate(rand.Reader, t, by.cert, &key.PublicKey, by.key)
	if err != nil {
		return nil, fmt.Errorf("sign a certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	return &pair{cert, key}, err
}

// keyID names a key (RFC 5280, 4.2.1.2).
func keyID(key *rsa.PrivateKey) []byte {
	sum := sha1.Sum(x509.MarshalPKCS1PublicKey(&key.PublicKey))
	return sum[:]
}
