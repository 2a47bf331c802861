package irc

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"
	"unicode"

	"msnbridge/bridge"
)

// Config describes one IRC network: the table [irc.NAME] of the configuration.
type Config struct {
	Name   string // NAME
	Title  string // what people call it; default Domain
	Domain string // that the handles of its people end in; folded to lower case

	// Server is host:port. The port may be left out: 6697 with TLS, else 6667.
	Server string

	// TLS encrypts the connection, and the server's certificate must be right for
	// its name. TLSCA names a PEM file with the certificates of those who may have
	// signed it, in place of the system's.
	TLS   bool
	TLSCA string

	Password bridge.Secret // server password; empty for none

	// Flood control of each connection: Burst lines at once (default 10), then one
	// per Interval (default 2 s).
	Burst    int
	Interval time.Duration

	// New connections of all logins together: ConnectBurst at once (default 20),
	// then one per ConnectInterval (default 1 s).
	ConnectBurst    int
	ConnectInterval time.Duration

	// RosterLimit and Ring are the bridge's Habits.
	RosterLimit int
	Ring        bridge.RingPolicy

	// NickServ takes the password of a login where the server has no SASL: a nick
	// that the server must show to belong to services, or nick@server. Empty:
	// nobody. NickServWithoutTLS: even where the password goes in the clear.
	NickServ           string
	NickServWithoutTLS bool

	AllowQuote  bool   // /quote
	QuitMessage string // default "signed off"

	// Home is the first of the service's own domains: the user names of its
	// accounts are plain, those of others are told apart.
	Home string

	Log *slog.Logger // default: nothing is logged
}

// complete checks the configuration and fills in the defaults.
func (c *Config) complete() error {
	if c.Name == "" {
		return errors.New("name is missing")
	}
	c.Domain = lower(strings.TrimSpace(c.Domain))
	if c.Domain == "" || strings.ContainsAny(c.Domain, " @\r\n\x00") {
		return fmt.Errorf("domain: %q is none", c.Domain)
	}
	server, err := address(c.Server, c.TLS)
	if err != nil {
		return err
	}
	c.Server = server
	if strings.ContainsAny(c.Password.Reveal(), "\r\n\x00") {
		return errors.New("password: it must be one line")
	}
	if nick, server, _ := strings.Cut(c.NickServ, "@"); c.NickServ != "" && (!isNick(nick) || strings.ContainsFunc(server, notServerName)) {
		return fmt.Errorf("nickserv: %q is neither a nick nor nick@server", c.NickServ)
	}
	c.fill()
	return nil
}

// notServerName tells what cannot stand in the name of a server.
func notServerName(r rune) bool {
	return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '-'
}

func (c *Config) fill() {
	setDefault(&c.Title, c.Domain)
	setDefault(&c.QuitMessage, "signed off")
	setDefault(&c.Burst, 10)
	setDefault(&c.Interval, 2*time.Second)
	setDefault(&c.ConnectBurst, 20)
	setDefault(&c.ConnectInterval, time.Second)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

func setDefault[T string | int | time.Duration](v *T, d T) {
	var zero T
	if *v == zero || *v < zero {
		*v = d
	}
}

// address adds the usual port to a server that has none.
func address(server string, secure bool) (string, error) {
	if server == "" {
		return "", errors.New("server is missing")
	}
	if _, _, err := net.SplitHostPort(server); err == nil {
		return server, nil
	}
	port := "6667"
	if secure {
		port = "6697"
	}
	whole := net.JoinHostPort(strings.Trim(server, "[]"), port)
	if _, _, err := net.SplitHostPort(whole); err != nil || strings.ContainsAny(server, " /\r\n\x00") {
		return "", fmt.Errorf("server: %q is no host:port", server)
	}
	return whole, nil
}

// tlsConfig is nil for a network without TLS.
func (c *Config) tlsConfig() (*tls.Config, error) {
	if !c.TLS {
		return nil, nil
	}
	host, _, err := net.SplitHostPort(c.Server)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if c.TLSCA == "" {
		return config, nil
	}
	pem, err := os.ReadFile(c.TLSCA)
	if err != nil {
		return nil, fmt.Errorf("tls_ca: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("tls_ca: there is no certificate in %s", c.TLSCA)
	}
	return config, nil
}
