package e2e

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"msnbridge/msn/client"
)

// patience is how long a test waits for something that should come at once, on a busy machine.
const patience = 30 * time.Second

// domain is that of the daemons' own users.
const domain = "msn.test"

// A daemon is a msnbridge that a test starts and stops. It belongs to the test's goroutine.
type daemon struct {
	t      testing.TB
	bin    string
	dir    string // working directory
	data   string // data directory
	config string // file; empty: the built-in configuration
	level  string // of the log; empty: debug

	passport client.Passport // of whoever signs in; zero: none
	quiet    []string

	cmd  *exec.Cmd // nil while it does not run
	log  *output
	done chan error // gives how the process ended
	addr string     // where MSN clients are served
}

// start writes a configuration with these tables and starts a daemon.
func start(t testing.TB, tables ...string) *daemon {
	t.Helper()
	d := prepare(t, tables...)
	d.start()
	return d
}

// prepare is start without starting.
func prepare(t testing.TB, tables ...string) *daemon {
	t.Helper()
	d := &daemon{t: t, bin: binary(t), dir: tempDir(t), log: &output{}}
	d.data = filepath.Join(d.dir, "data")
	d.config = filepath.Join(d.dir, "config.toml")
	d.configure(tables...)
	t.Cleanup(d.finish)
	return d
}

// configure writes the configuration. A table that is no table but lines goes into [msn].
func (d *daemon) configure(tables ...string) {
	d.t.Helper()
	msn, rest := "", ""
	for _, table := range tables {
		if strings.HasPrefix(table, "[") {
			rest += table + "\n"
		} else {
			msn += table + "\n"
		}
	}
	d.write(d.config, fmt.Sprintf("data_dir = %q\n[msn]\nlisten = \"127.0.0.1:0\"\ndomains = [%q]\n%s[log]\nlevel = %q\n%s",
		d.data, domain, msn, cmp.Or(d.level, "debug"), rest))
}

// as is the daemon for a subtest, which only looks at it.
func (d *daemon) as(t testing.TB) *daemon {
	sub := *d
	sub.t = t
	return &sub
}

// tempDir is in memory where there is such a place.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "msnbridge-e2e-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func (d *daemon) write(path, text string) {
	d.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// started is what a daemon logs when it serves.
var started = regexp.MustCompile(`msg="msnbridge runs" .*\blisten=(\S+)`)

// start starts the daemon and waits until it serves.
func (d *daemon) start(args ...string) {
	d.t.Helper()
	from := d.log.len()
	d.cmd = d.command(context.Background(), args...)
	d.cmd.Stderr = d.log
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	cmd, done := d.cmd, make(chan error, 1)
	d.done = done
	go func() { done <- cmd.Wait() }()
	m, err := d.log.await(bounded(d.t), from, started)
	if err != nil {
		d.t.Fatalf("start the daemon: %v", err)
	}
	d.addr = m[1]
}

// command is a command line of the binary.
func (d *daemon) command(ctx context.Context, args ...string) *exec.Cmd {
	if d.config != "" {
		args = append([]string{"--config", d.config}, args...)
	}
	cmd := exec.CommandContext(ctx, d.bin, args...)
	cmd.Dir = d.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// kill ends the daemon as a crash would.
func (d *daemon) kill() {
	d.t.Helper()
	d.signal(syscall.SIGKILL)
	<-d.done
	d.cmd = nil
}

// stop asks the daemon to end, which it must do in time and without complaint.
func (d *daemon) stop() {
	d.t.Helper()
	d.signal(syscall.SIGTERM)
	d.awaitEnd()
}

// awaitEnd waits for the end after a polite signal.
func (d *daemon) awaitEnd() {
	d.t.Helper()
	select {
	case err := <-d.done:
		if err != nil {
			d.t.Errorf("the daemon ended with %v", err)
		}
	case <-time.After(patience):
		d.t.Errorf("the daemon does not stop")
		d.signal(syscall.SIGKILL)
		<-d.done
	}
	d.cmd = nil
}

func (d *daemon) signal(s syscall.Signal) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		d.t.Fatalf("%v: %v", s, err)
	}
}

// finish stops the daemon at the end of the test and looks at what it has logged.
func (d *daemon) finish() {
	if d.cmd != nil {
		d.stop()
	}
	d.checkLog()
	if d.t.Failed() {
		d.t.Logf("the daemon logged:\n%s", d.log.tail(48<<10))
	}
}

// run runs a command to its end and returns its standard output.
func (d *daemon) run(stdin string, args ...string) (string, error) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	cmd := d.command(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("msnbridge %s: %w: %s", strings.Join(args, " "), err, stderr.String())
	}
	d.log.Write(stderr.Bytes()) // it is searched like the daemon's
	d.log.Write(stdout.Bytes())
	return stdout.String(), err
}

// must is run for a command that has to succeed.
func (d *daemon) must(stdin string, args ...string) string {
	d.t.Helper()
	out, err := d.run(stdin, args...)
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

// account adds a user and returns the handle. The password is that of passwordOf.
func (d *daemon) account(name string) (handle string) {
	d.t.Helper()
	handle = name + "@" + domain
	d.must(passwordOf(handle)+"\n", "account", "add", handle, "--password-stdin")
	return handle
}

// login links an account to a network.
func (d *daemon) login(handle, network, secret string, keys ...string) {
	d.t.Helper()
	args := append([]string{"login", "add", handle, network}, keys...)
	if secret != "" {
		d.hush(secret)
		args = append(args, "--password-stdin")
	}
	if out := d.must(secret+"\n", args...); !strings.Contains(out, "connected to "+network) {
		d.t.Fatalf("login add: %s", out)
	}
}

func ircTable(name, server string) string {
	return fmt.Sprintf("[irc.%s]\nserver = %q\ntls = false\ndomain = \"%s.test\"\nflood_interval = \"50ms\"\n", name, server, name)
}

func ircTLSTable(name, server, ca string) string {
	return fmt.Sprintf("[irc.%s]\nserver = %q\ntls_ca_file = %q\ndomain = \"%s.test\"\nflood_interval = \"50ms\"\n", name, server, ca, name)
}

const matrixTable = "[matrix]\n"
