package config

import (
	"crypto/x509"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// A checker completes a configuration and collects what is wrong with it.
type checker struct {
	*Config
	problems Problems
}

func (c *checker) bad(path toml.Key, format string, args ...any) {
	c.problems.add(path, format, args...)
}

func (c *checker) check() {
	if c.DataDir == "" {
		c.bad(toml.Key{"data_dir"}, `must not be empty; write, for example, data_dir = "./data"`)
	}
	c.checkMSN()
	c.checkDomains()
	for _, name := range slices.Sorted(maps.Keys(c.IRC)) {
		c.checkIRC(name)
	}
	c.checkMatrix()
	c.checkWeb()
	c.checkPassport()
	c.checkShared()
	c.checkDatabase()
	c.checkLog()
}

func (c *checker) checkMSN() {
	c.address(toml.Key{"msn", "listen"}, c.MSN.Listen, "127.0.0.1:1863", true)
	if a := c.MSN.PublicAddress; a != "" && !isDomain(strings.ToLower(a)) && net.ParseIP(a) == nil { // the port may be missing
		c.address(toml.Key{"msn", "public_address"}, a, "msn.example.org:1863", false)
	}
	if c.MSN.DispatchListen != "" {
		c.address(toml.Key{"msn", "dispatch_listen"}, c.MSN.DispatchListen, "127.0.0.1:1864", true)
	}
	if c.MSN.DispatchListen == c.MSN.Listen && c.MSN.Listen != "" && !strings.HasSuffix(c.MSN.Listen, ":0") {
		c.bad(toml.Key{"msn", "dispatch_listen"}, "must not be the same as msn.listen; without it, msn.listen serves dispatch too")
	}
	c.checkProxies()
	c.limit("connections_per_address", c.MSN.ConnectionsPerAddress)
	c.limit("failed_signins_of_address", c.MSN.FailedSigninsOfAddress)
	c.limit("failed_signins_of_account", c.MSN.FailedSigninsOfAccount)
	c.atLeast(toml.Key{"msn", "failed_signin_period"}, c.MSN.FailedSigninPeriod, time.Second)
	if !slices.Contains([]string{"off", "log", "enforce"}, c.MSN.Challenge) {
		c.bad(toml.Key{"msn", "challenge"}, `must be "off", "log" or "enforce"`)
	}
}

// checkProxies reads addresses and networks.
func (c *checker) checkProxies() {
	if len(c.MSN.TrustedProxies) == 0 {
		c.MSN.TrustedProxies = nil
	}
	for _, p := range c.MSN.TrustedProxies {
		network, err := netip.ParsePrefix(p)
		if a, addrErr := netip.ParseAddr(p); addrErr == nil && a.Zone() == "" {
			network, err = a.Unmap().Prefix(a.Unmap().BitLen())
		}
		if err != nil {
			c.bad(toml.Key{"msn", "trusted_proxies"}, `%q is no IP address or network; write, for example, "192.0.2.1" or "10.0.0.0/8"`, p)
			continue
		}
		c.MSN.ProxyNetworks = append(c.MSN.ProxyNetworks, network.Masked())
	}
}

func (c *checker) limit(key string, n int) {
	if n < 1 && n != Unlimited {
		c.bad(toml.Key{"msn", key}, "must be at least 1, or %d for no limit", Unlimited)
	}
}

func (c *checker) atLeast(path toml.Key, d, least time.Duration) {
	if d < least {
		c.bad(path, "must be at least %q", least)
	}
}

// address checks host:port. A listener may have an empty host (all addresses)
// and port 0 (any that is free).
func (c *checker) address(path toml.Key, addr, example string, listener bool) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || strings.Contains(addr, "/") {
		c.bad(path, "%q is no host:port; write, for example, %q", addr, example)
		return
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 && !listener {
		c.bad(path, "%q has no port between 1 and 65535; write, for example, %q", addr, example)
	}
	if host == "" && listener {
		return
	}
	if net.ParseIP(host) == nil && !isDomain(strings.ToLower(host)) && !strings.Contains(host, "%") {
		c.bad(path, "%q has no valid host; write, for example, %q", addr, example)
	}
}

var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// isDomain tells whether d, in lower case, is a domain name. An IP address is none.
func isDomain(d string) bool {
	for l := range strings.SplitSeq(d, ".") {
		if !label.MatchString(l) {
			return false
		}
	}
	return len(d) <= 100 && net.ParseIP(d) == nil
}

func (c *checker) checkDomains() {
	path := toml.Key{"msn", "domains"}
	if len(c.MSN.Domains) == 0 {
		c.bad(path, `must name at least one domain; write, for example, domains = ["msn.local"]`)
	}
	seen := map[string]bool{}
	for i, d := range c.MSN.Domains {
		d = strings.ToLower(d)
		c.MSN.Domains[i] = d
		if !isDomain(d) {
			c.bad(path, `%q is no domain name; write, for example, "msn.local"`, d)
		} else if seen[d] {
			c.bad(path, "%q stands there twice; take one away", d)
		}
		seen[d] = true
	}
}

// reserved are names that cannot be given to an IRC network.
var reserved = []string{"matrix", "local", "service"}

var networkName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)

func (c *checker) checkIRC(name string) {
	n := c.IRC[name]
	n.Domain = strings.ToLower(n.Domain)
	path := toml.Key{"irc", name}
	if slices.Contains(reserved, name) {
		c.bad(path, "the name %q is taken by the bridge itself; call the network something else", name)
	} else if !networkName.MatchString(name) {
		c.bad(path, "%q is no name for a network; use up to 32 of a-z, 0-9, - and _", name)
	}
	c.checkServer(path, &n)
	c.checkCA(path, &n)
	if n.Domain == "" {
		c.bad(append(path, "domain"), `is missing; say what the handles of its people end in: domain = "libera.chat"`)
	} else if !isDomain(n.Domain) {
		c.bad(append(path, "domain"), `%q is no domain name; write, for example, "libera.chat"`, n.Domain)
	}
	n.Password = c.secret(append(path, "password"), n.Password, n.PasswordFile, n.PasswordEnv)
	c.checkPace(path, n)
	c.checkRooms(path, n.RosterLimit, n.Ring)
	c.checkNickServ(path, n)
	c.checkQuit(path, n)
	c.IRC[name] = n
}

func (c *checker) checkPace(path toml.Key, n IRC) {
	if n.FloodBurst < 1 {
		c.bad(append(path, "flood_burst"), "must be at least 1")
	}
	if n.ConnectBurst < 1 {
		c.bad(append(path, "connect_burst"), "must be at least 1")
	}
	c.atLeast(append(path, "flood_interval"), n.FloodInterval, time.Millisecond)
	c.atLeast(append(path, "connect_interval"), n.ConnectInterval, time.Millisecond)
}

func (c *checker) checkServer(path toml.Key, n *IRC) {
	path = append(path, "server")
	if n.Server == "" {
		c.bad(path, `is missing; write host:port: server = "irc.libera.chat:6697"`)
		return
	}
	c.address(path, n.Server, "irc.libera.chat:6697", false)
}

// checkCA reads the certificates as the network will.
func (c *checker) checkCA(path toml.Key, n *IRC) {
	if n.TLSCA == "" {
		return
	}
	path = append(path, "tls_ca_file")
	pem, err := os.ReadFile(n.TLSCA)
	if err != nil {
		c.bad(path, "%s; name a file that this user may read, relative to the working directory", err)
	} else if !x509.NewCertPool().AppendCertsFromPEM(pem) {
		c.bad(path, "there is no certificate in %s; it must be a PEM file", n.TLSCA)
	}
}

// checkShared finds domains that lead to more than one place.
func (c *checker) checkShared() {
	owner := c.ownDomains()
	for _, name := range slices.Sorted(maps.Keys(c.IRC)) {
		d := c.IRC[name].Domain
		if d == "" {
			continue
		}
		if other, taken := owner[d]; taken {
			c.bad(toml.Key{"irc", name, "domain"}, "%q belongs to %s already; a handle must lead to one place, so choose another", d, other)
		}
		owner[d] = "irc." + name
	}
}

// ownDomains are the service's own, by whom they belong to.
func (c *checker) ownDomains() map[string]string {
	owner := map[string]string{}
	for _, d := range c.MSN.Domains {
		owner[d] = "msn.domains"
	}
	if len(c.MSN.Domains) > 0 {
		owner["x."+c.MSN.Domains[0]] = "the bridge itself (x. and the first of msn.domains)"
	}
	return owner
}

// owners are all domains that are taken, by whom they belong to.
func (c *checker) owners() map[string]string {
	owner := c.ownDomains()
	for name, n := range c.IRC {
		owner[n.Domain] = "irc." + name
	}
	return owner
}

func (c *checker) checkDatabase() {
	path := toml.Key{"database", "url"}
	c.Database.URL = c.secret(path, c.Database.URL, c.Database.URLFile, c.Database.URLEnv)
	text := c.Database.URL.Reveal()
	if text == "" {
		return
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		c.bad(path, "is no PostgreSQL address; write postgres://user@host/database, or leave it out for SQLite in data_dir")
	}
}

func (c *checker) checkLog() {
	if err := new(slog.Level).UnmarshalText([]byte(c.Log.Level)); err != nil {
		c.bad(toml.Key{"log", "level"}, "%q is no level; write debug, info, warn or error", c.Log.Level)
	}
	if !slices.Contains([]string{"text", "json"}, c.Log.Format) {
		c.bad(toml.Key{"log", "format"}, "%q is no format; write text or json", c.Log.Format)
	}
}
