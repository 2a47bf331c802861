package config

import (
	"net"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// Passport is the table [passport]: where MSN 5.0 to 7.5 and their like show their passwords.
type Passport struct {
	Listen    string `toml:"listen"`     // host:port, plain HTTP; empty: none
	TLSListen string `toml:"tls_listen"` // host:port, TLS of the clients' time; empty: none
	LoginHost string `toml:"login_host"` // where the nexus sends clients, lower case, port optional; empty: where they are
	Signature string `toml:"signature"`  // of the certificates: sha256, sha1
}

// On tells whether anything listens.
func (p Passport) On() bool { return p.Listen != "" || p.TLSListen != "" }

func (c *checker) checkPassport() {
	for _, l := range []struct{ key, addr, example string }{
		{"listen", c.Passport.Listen, ":80"}, {"tls_listen", c.Passport.TLSListen, ":443"},
	} {
		if path := (toml.Key{"passport", l.key}); l.addr != "" {
			c.address(path, l.addr, l.example, true)
			c.differs(path, l.addr)
		}
	}
	path := toml.Key{"passport", "login_host"}
	c.Passport.LoginHost = strings.ToLower(c.Passport.LoginHost)
	if h := c.Passport.LoginHost; h != "" && !isDomain(h) && net.ParseIP(h).To4() == nil {
		c.address(path, h, "login.example.org", false)
	}
	if !slices.Contains([]string{"sha256", "sha1"}, c.Passport.Signature) {
		c.bad(toml.Key{"passport", "signature"}, "%q is no signature; write sha256, or sha1 for Windows before XP Service Pack 3", c.Passport.Signature)
	}
}
