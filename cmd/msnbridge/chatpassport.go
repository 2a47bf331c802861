package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"slices"
	"strings"

	"msnbridge/cmd/msnbridge/internal/config"
	"msnbridge/msn/client"
	"msnbridge/msn/passport"
)

// chatPassport are the flags of "chat" that say where tickets are got.
type chatPassport struct {
	Passport         string       `help:"Where MSNP8 to MSNP12 get a ticket: a nexus, or the address of login2.srf or RST.srf. Without it: where the configuration has [passport]." placeholder:"URL"`
	PassportCA       string       `name:"passport-ca" help:"The certificate that has signed those of the HTTPS servers on that way, in PEM or DER." placeholder:"FILE"`
	PassportInsecure bool         `help:"Take any certificate there, and TLS 1.0: others on the way may read the password."`
	Hosts            client.Hosts `help:"Connect to ADDRESS where NAME is meant, as a line of a hosts file would. May be repeated." placeholder:"NAME=ADDRESS"`
}

// set puts what the flags say into the options of a sign-in.
func (c *chatPassport) set(o *client.Options) (err error) {
	o.Hosts = client.Hosts{}
	for name, address := range c.Hosts {
		o.Hosts[strings.ToLower(name)] = address
	}
	o.Passport = client.Passport{URL: c.Passport, Insecure: c.PassportInsecure}
	if c.PassportCA != "" {
		o.Passport.Roots, err = readRoots(c.PassportCA)
	}
	return err
}

// complete tells whether the sign-in has all that its dialect needs.
func (*chatPassport) complete(o client.Options) error {
	if needsPassport(o) {
		return &usageError{o.Dialects[0] + " signs in with a ticket of Passport: say where with --passport URL"}
	}
	return nil
}

// needsPassport tells whether a ticket is needed, and not known where to get it.
func needsPassport(o client.Options) bool {
	return o.Passport.URL == "" && len(o.Dialects) > 0 && slices.Contains(client.PassportDialects, o.Dialects[0])
}

// passportOf says how to get a ticket from the gateway on this machine: at its log-in,
// as its nexus may lead to a name that only the hosts files of old PCs know.
func passportOf(conf *config.Config, o *client.Options) error {
	p := conf.Passport
	switch {
	case p.Listen != "":
		o.Passport.URL = "http://" + dialAddress(p.Listen) + "/login2.srf"
		return nil
	case p.TLSListen == "":
		return &usageError{o.Dialects[0] + " signs in with a ticket of Passport, and [passport] of the configuration is off: say where with --passport URL"}
	}
	o.Passport.URL = "https://" + dialAddress(p.TLSListen) + "/login2.srf"
	if o.Passport.Roots != nil {
		return nil
	}
	var err error
	o.Passport.Roots, err = readRoots(passport.RootFile(conf.DataDir))
	return err
}

// readRoots reads certificates in PEM, or one in DER.
func readRoots(path string) ([]*x509.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	der := []byte{}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			der = append(der, block.Bytes...)
		}
	}
	if len(der) == 0 {
		der = text
	}
	roots, err := x509.ParseCertificates(der)
	if err == nil && len(roots) == 0 {
		err = fmt.Errorf("no certificate")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return roots, nil
}
