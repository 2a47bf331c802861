package testserver

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

const linkPassword = "link"

// NgircdOptions are the choices for [Ngircd]. The zero value is a server of its own.
type NgircdOptions struct {
	Name     string        // of the server; default irc.test
	Password string        // that clients must send
	Peers    []string      // names of servers that may link to this one
	Uplink   *NgircdServer // a server to link to, of which this one is a peer
	Config   string        // more of ngircd.conf(5), put at the end

	DebianLimits bool // limits on floods and connections as Debian's configuration has them
}

// A NgircdServer is a running ngIRCd: IRC as it was, with multi-prefix as its only capability.
// The operator is "op" with the password "op"; there are no limits on floods unless asked for.
type NgircdServer struct {
	*Server
	Cert
	Name    string
	Addr    string // host:port
	TLSAddr string
}

// Ngircd starts an ngIRCd. One with an uplink is ready when it has linked, which takes some seconds.
func Ngircd(t testing.TB, opts NgircdOptions) *NgircdServer {
	t.Helper()
	program := Need(t, "ngircd", "apt-get install ngircd")
	if opts.Name == "" {
		opts.Name = "irc.test"
	}
	var uplinkPort string
	if opts.Uplink != nil {
		uplinkPort = portOf(opts.Uplink.Addr)
	}
	s := &NgircdServer{Name: opts.Name}
	s.Server = newServer(t, opts.Name, unprivileged(t, "nobody"))
	s.Cert = newCert(t, s.Server)
	s.probe = func(ctx context.Context) error { return s.serves(ctx, opts) }
	s.launch(t, 2, func(ports []int) {
		s.Addr, s.TLSAddr = loopback(ports[0]), loopback(ports[1])
		conf := s.writeConf(t, "ngircd.conf", ngircdConf{opts, ports[0], ports[1], uplinkPort, s.CAFile, s.keyFile, linkPassword})
		s.args = []string{program, "-n", "-f", conf}
	})
	return s
}

func (s *NgircdServer) serves(ctx context.Context, opts NgircdOptions) error {
	if err := probeTLS(ctx, s.TLSAddr, s.Pool); err != nil {
		return err
	}
	c, err := dialIRC(ctx, s.Addr, opts.Password, probeNick)
	if err != nil {
		return err
	}
	defer c.close()
	if opts.Uplink == nil {
		return nil
	}
	c.send("LINKS %s", opts.Uplink.Name)
	line, err := c.await(" 364 "+probeNick+" "+opts.Uplink.Name+" ", " 365 ")
	if err == nil && strings.Contains(line, " 365 ") {
		err = fmt.Errorf("no link to %s", opts.Uplink.Name)
	}
	return err
}

type ngircdConf struct {
	NgircdOptions
	Port, TLSPort     int
	UplinkPort        string
	CertFile, KeyFile string
	LinkPassword      string
}
