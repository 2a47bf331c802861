package main

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"msnbridge/cmd/msnbridge/internal/config"
	"msnbridge/msn/client"
)

var written = regexp.MustCompile(`handle: +(\S+)\s+password: +(\S+)`)

func TestFirstStartWithoutTerminal(t *testing.T) {
	p := newPlace(t, "")
	s := p.start(t)
	line := s.await(t, "first account")
	path := filepath.Join(p.dir, "data", firstFile)
	if !strings.Contains(line, path) || !strings.Contains(line, "msnbridge chat") {
		t.Errorf("the log says: %s", line)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	text, _ := os.ReadFile(path)
	m := written.FindSubmatch(text)
	if m == nil || string(m[1]) != "me@msn.local" {
		t.Fatalf("the file says:\n%s", text)
	}
	if strings.Contains(s.log.String(), string(m[2])) {
		t.Error("the password is in the log")
	}
	if _, err := s.signIn(t, string(m[1]), string(m[2])); err != nil {
		t.Error(err)
	}
	if code := s.stop(t, syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
	os.Remove(path)
	s = p.start(t)
	if _, err := s.signIn(t, string(m[1]), string(m[2])); err != nil {
		t.Error(err)
	}
	s.stop(t, syscall.SIGTERM)
	if _, err := os.Stat(path); err == nil || strings.Contains(s.log.String(), "first account") {
		t.Error("another first account was made")
	}
}

func TestShutdownTakesLeave(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		p := newPlace(t, "")
		p.must(t, "pw\n", "account", "add", "anna@msn.local", "--password-stdin")
		s := p.start(t)
		c, err := s.signIn(t, "anna@msn.local", "pw")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SetState(within(t), client.Online); err != nil {
			t.Fatal(err)
		}
		stopped := make(chan int)
		go func() { stopped <- s.stop(t, sig) }()
		_, err = client.Wait(within(t), c.Events(), func(m client.ServerMessage) bool {
			kind, _ := m.Message.Type()
			return kind == "application/x-msmsgssystemmessage"
		})
		if err != nil {
			t.Errorf("system message: %v", err)
		}
		if out, err := client.Wait[client.SignedOut](within(t), c.Events(), nil); err != nil || out.Reason != "SSD" {
			t.Errorf("%+v %v", out, err)
		}
		if code := <-stopped; code != 0 {
			t.Errorf("%s: exit %d", sig, code)
		}
		if !strings.Contains(s.log.String(), "stopped") {
			t.Errorf("the log ends in:\n%s", s.log)
		}
	}
}

func TestOneDaemonPerDirectory(t *testing.T) {
	p := newPlace(t, "")
	p.start(t)
	p.fail(t, 1, []string{"data", "in use by another msnbridge", "process"}, "")
}

func TestPortInUse(t *testing.T) {
	p := newPlace(t, "")
	s := p.start(t)
	other := newPlace(t, "")
	other.write(t, "config.toml", "[msn]\nlisten = \""+s.addr+"\"\n")
	other.fail(t, 1, []string{"config.toml", "msn.listen", s.addr, "in use"}, "")
	other.write(t, "config.toml", "[msn]\nlisten = \"127.0.0.1:0\"\ndispatch_listen = \""+s.addr+"\"\n")
	other.fail(t, 1, []string{"config.toml", "msn.dispatch_listen", s.addr, "in use"}, "")
}

func TestAfterAKill(t *testing.T) {
	p := newPlace(t, "")
	s := p.start(t)
	p.must(t, "pw\n", "account", "add", "anna@msn.local", "--password-stdin")
	s.stop(t, syscall.SIGKILL)
	if out := p.must(t, "", "account", "list"); !strings.Contains(out, "anna@msn.local") {
		t.Errorf("list:\n%s", out)
	}
	s = p.start(t)
	if _, err := s.signIn(t, "anna@msn.local", "pw"); err != nil {
		t.Error(err)
	}
	if out := p.must(t, "", "account", "list"); !strings.Contains(out, "anna@msn.local") {
		t.Errorf("list:\n%s", out)
	}
}

func TestLongDataDir(t *testing.T) {
	p := newPlace(t, "")
	dir := strings.Repeat("long/", 50)
	p.write(t, "config.toml", "data_dir = \""+dir+"\"\n[msn]\nlisten = \"127.0.0.1:0\"\n")
	p.start(t).await(t, "first account made") // or there would be none any more
	p.must(t, "pw\n", "account", "add", "anna@msn.local", "--password-stdin")
	if out := p.must(t, "", "account", "list"); !strings.Contains(out, "anna@msn.local") || !strings.Contains(out, "me@msn.local") {
		t.Errorf("list:\n%s", out)
	}
}

func TestDispatch(t *testing.T) {
	p := newPlace(t, "dispatch_listen = \"127.0.0.1:0\"\n")
	p.must(t, "pw\n", "account", "add", "anna@msn.local", "--password-stdin")
	s := p.start(t)
	line := s.await(t, "dispatch")
	at := regexp.MustCompile(`dispatch=(\S+)`).FindStringSubmatch(line)
	if at == nil {
		t.Fatal(line)
	}
	trace := make(chan string, 100)
	c, err := client.Dial(within(t), client.Options{Server: at[1], Handle: "anna@msn.local", Password: "pw",
		Trace: func(l string) { trace <- l }})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	close(trace)
	referred := false
	for line := range trace {
		referred = referred || strings.Contains(line, "NS "+s.addr)
	}
	if !referred {
		t.Error("there was no referral")
	}
}

func TestLogFormats(t *testing.T) {
	p := newPlace(t, "[log]\nformat = \"json\"\nlevel = \"debug\"\n")
	s := p.start(t)
	p.must(t, "s3cret-of-anna\n", "account", "add", "anna@msn.local", "--password-stdin")
	c, err := s.signIn(t, "anna@msn.local", "s3cret-of-anna")
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	s.stop(t, syscall.SIGTERM)
	for line := range strings.Lines(s.log.String()) {
		if !strings.HasPrefix(line, `{"time":`) {
			t.Errorf("no JSON: %s", line)
		}
	}
	if strings.Contains(s.log.String(), "s3cret-of-anna") {
		t.Error("a password is in the log")
	}
}

// What to do about a port that the system keeps for itself differs from what to do about one
// that another server has.
func TestCannotListen(t *testing.T) {
	c := &config.Config{File: "config.toml"}
	for err, want := range map[error]string{syscall.EACCES: "CAP_NET_BIND_SERVICE", syscall.EADDRINUSE: "another server"} {
		if got := cannotListen(c, "passport.listen", &net.OpError{Op: "listen", Err: err}).Error(); !strings.Contains(got, want) {
			t.Errorf("%v: %s", err, got)
		}
	}
}

// Who listens on all addresses is told one that clients can connect to.
func TestFirstStartOnAllAddresses(t *testing.T) {
	p := newPlace(t, "")
	p.write(t, "config.toml", "data_dir = \"data\"\n[msn]\nlisten = \"0.0.0.0:0\"\n")
	s := p.start(t)
	if line := s.await(t, "first account"); !strings.Contains(line, "--server localhost:") {
		t.Errorf("the log says: %s", line)
	}
	s.stop(t, syscall.SIGTERM)
}
