package testserver

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// InspIRCdOptions are the choices for [InspIRCd]. The zero value is a server with services.
type InspIRCdOptions struct {
	NoServices bool   // no Atheme: no accounts and no SASL, but up sooner
	NoSASL     bool   // services without SASL: accounts by NickServ alone
	Password   string // that clients must send
	Config     string // more of InspIRCd's configuration, put at the end

	DebianLimits bool // limits on floods and connections as Debian's configuration has them
}

// An InspIRCdServer is a running InspIRCd with most of IRCv3: MONITOR, server-time, message-tags,
// echo-message, labeled-response and more; with services also SASL PLAIN and EXTERNAL, and NickServ. The operator
// is "op" with the password "op"; there are no limits on floods unless asked for.
type InspIRCdServer struct {
	*Server
	Cert
	Addr     string // host:port
	TLSAddr  string
	Services *Server // Atheme, or nil

	linkAddr string // where the services connect
	password string
	noSASL   bool
}

// InspIRCd starts an InspIRCd and, unless told otherwise, the services.
func InspIRCd(t testing.TB, opts InspIRCdOptions) *InspIRCdServer {
	t.Helper()
	program := Need(t, "inspircd", "apt-get install inspircd")
	var services string
	if !opts.NoServices {
		services = Need(t, "atheme-services", "apt-get install atheme-services")
	}
	s := &InspIRCdServer{password: opts.Password, noSASL: opts.NoSASL}
	s.Server = newServer(t, "inspircd", unprivileged(t, "nobody"))
	s.Cert = newCert(t, s.Server)
	s.write(t, "motd", []byte("hello\n"))
	s.probe = s.serves
	s.launch(t, 3, func(ports []int) {
		s.Addr, s.TLSAddr, s.linkAddr = loopback(ports[0]), loopback(ports[1]), loopback(ports[2])
		conf := s.writeConf(t, "inspircd.conf", inspircdConf{opts, s.dir, ports[0], ports[1], ports[2], linkPassword})
		s.args = []string{program, "--config", conf, "--nofork"}
	})
	if services != "" {
		s.Services = s.atheme(t, services)
	}
	return s
}

// Restart is [Server.Restart]. It also waits for the services to link again, if they run.
func (s *InspIRCdServer) Restart(t testing.TB) {
	t.Helper()
	s.Server.Restart(t)
	if s.Services == nil || !s.Services.Running() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	if err := poll(ctx, func() error { return s.servicesLinked(ctx) }); err != nil {
		t.Fatal(err)
	}
}

// RegisterAccount makes an account at NickServ, which is also good for SASL PLAIN. The name must be
// fit for a nick, and the password a single word.
func (s *InspIRCdServer) RegisterAccount(t testing.TB, name, password string) {
	t.Helper()
	c, err := dialIRC(t.Context(), s.Addr, s.password, name)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	c.send("PRIVMSG NickServ :REGISTER %s %s@example.test", password, name)
	line, err := c.await(":NickServ!", " 401 ")
	if err != nil || !strings.Contains(line, "is now registered") {
		t.Fatalf("register account %q: %q, %v", name, line, err)
	}
}

// serves does not sign in, which takes InspIRCd a second.
func (s *InspIRCdServer) serves(ctx context.Context) error {
	if err := probeTLS(ctx, s.TLSAddr, s.Pool); err != nil {
		return err
	}
	c, err := dialIRC(ctx, s.Addr, "", "")
	if err != nil {
		return err
	}
	defer c.close()
	_, err = c.capabilities()
	return err
}

// servicesLinked looks for the services.
func (s *InspIRCdServer) servicesLinked(ctx context.Context) error {
	linked, err := s.hasServices(ctx, "")
	if err == nil && !linked {
		err = errors.New("services have not linked")
	}
	return err
}

// servicesGone is the opposite. InspIRCd may learn of the end of its peer only when it tells it
// something, and signing in is such news.
func (s *InspIRCdServer) servicesGone(ctx context.Context) error {
	if !s.Running() {
		return nil
	}
	linked, err := s.hasServices(ctx, probeNick)
	if err == nil && linked {
		err = errors.New("services are still linked")
	}
	return err
}

// hasServices looks for SASL among the capabilities, which is there while the services are, or for
// NickServ. It signs in only where it must, which takes InspIRCd a second.
func (s *InspIRCdServer) hasServices(ctx context.Context, nick string) (bool, error) {
	if s.noSASL {
		nick = probeNick
	}
	c, err := dialIRC(ctx, s.Addr, s.password, nick)
	if err != nil {
		return false, err
	}
	defer c.close()
	if s.noSASL {
		c.send("ISON NickServ")
		line, err := c.await(" 303 ")
		return strings.Contains(line, ":NickServ"), err
	}
	caps, err := c.capabilities()
	return strings.Contains(caps, " sasl="), err
}

// atheme starts the services and waits until they have linked.
func (s *InspIRCdServer) atheme(t testing.TB, program string) *Server {
	t.Helper()
	a := newServer(t, "atheme-services", unprivileged(t, "nobody"))
	a.probe, a.gone = s.servicesLinked, s.servicesGone
	a.launch(t, 0, func([]int) {
		conf := a.writeConf(t, "atheme.conf", athemeConf{portOf(s.linkAddr), linkPassword, a.outputPath()})
		a.args = []string{program, "-n", "-c", conf, "-D", a.dir, "-l", a.outputPath(), "-p", filepath.Join(a.dir, "pid")}
	})
	return a
}

func (s *InspIRCdServer) logWhenFailed(t testing.TB) {
	s.Server.logWhenFailed(t)
	if s.Services != nil {
		s.Services.logWhenFailed(t)
	}
}

func (s *InspIRCdServer) revive(t testing.TB) {
	t.Helper()
	if !s.Running() {
		t.Logf("%s is down, starting it", s.name)
		s.Restart(t)
	}
	if s.Services != nil {
		s.Services.revive(t)
	}
}

type inspircdConf struct {
	InspIRCdOptions
	Dir                     string
	Port, TLSPort, LinkPort int
	LinkPassword            string
}

type athemeConf struct{ LinkPort, LinkPassword, Log string }
