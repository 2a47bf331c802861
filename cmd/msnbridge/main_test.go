package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"msnbridge/msn/client"
)

// asCommand makes the test binary behave as msnbridge: the tests run it in
// processes of its own.
const asCommand = "MSNBRIDGE_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		os.Exit(run(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// A place is a directory with a configuration, in which commands are run.
type place struct {
	dir string
	env []string
}

// newPlace makes a place whose service listens on a free port; more is put at the end of its
// configuration.
func newPlace(t *testing.T, more string) *place {
	t.Helper()
	p := &place{dir: t.TempDir()}
	p.write(t, "config.toml", "data_dir = \"data\"\n[msn]\nlisten = \"127.0.0.1:0\"\n"+more)
	return p
}

func (p *place) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (p *place) command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir = p.dir
	cmd.Env = append(append(os.Environ(), asCommand+"=1", "MSNBRIDGE_CONFIG=config.toml",
		"GORACE=atexit_sleep_ms=0"), p.env...) // the race detector would wait for a second at each exit
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// An outcome is what became of a command.
type outcome struct {
	out, err string
	code     int
}

// do runs a command to its end.
func (p *place) do(t *testing.T, stdin string, args ...string) outcome {
	t.Helper()
	cmd := p.command(args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatal(err)
	}
	return outcome{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// must is do for a command that succeeds.
func (p *place) must(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	o := p.do(t, stdin, args...)
	if o.code != 0 {
		t.Fatalf("%s: exit %d\n%s%s", args, o.code, o.out, o.err)
	}
	return o.out
}

// fail is do for a command that fails and says certain things on standard error.
func (p *place) fail(t *testing.T, code int, says []string, stdin string, args ...string) {
	t.Helper()
	o := p.do(t, stdin, args...)
	if o.code != code {
		t.Errorf("%s: exit %d, want %d", args, o.code, code)
	}
	for _, s := range says {
		if !strings.Contains(o.err, s) {
			t.Errorf("%s: %q is missing in: %s", args, s, o.err)
		}
	}
}

// A service is a daemon that runs.
type service struct {
	cmd  *exec.Cmd
	addr string
	log  *logged
	done chan struct{} // closed when it has ended
}

// logged keeps the lines of a log.
type logged struct {
	mu    sync.Mutex
	text  strings.Builder
	lines chan string // each line once, for who waits
}

func (l *logged) take(r io.Reader) {
	sc := bufio.NewScanner(r)
	for sc.Scan() {
		l.mu.Lock()
		l.text.WriteString(sc.Text() + "\n")
		l.mu.Unlock()
		select {
		case l.lines <- sc.Text():
		default:
		}
	}
	close(l.lines)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var listens = regexp.MustCompile(`listen"?[=:]"?((?:[0-9.]+|\[::\]):[0-9]+)`)

// start runs the daemon and returns when it serves. It is stopped with the test.
func (p *place) start(t *testing.T) *service { return p.startWith(t, nil) }

// startWith is start with a standard output.
func (p *place) startWith(t *testing.T, stdout *os.File) *service {
	t.Helper()
	s := &service{cmd: p.command(), log: &logged{lines: make(chan string, 10_000)}, done: make(chan struct{})}
	if stdout != nil {
		s.cmd.Stdout = stdout
	}
	pipe, err := s.cmd.StderrPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.done)
		s.log.take(pipe)
		s.cmd.Wait()
	}()
	t.Cleanup(func() {
		s.cmd.Process.Kill()
		<-s.done
		if t.Failed() {
			t.Logf("log:\n%s", s.log)
		}
	})
	s.addr = listens.FindStringSubmatch(s.await(t, "msnbridge runs"))[1]
	return s
}

// await waits for a line of the log that says something.
func (s *service) await(t *testing.T, says string) string {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		select {
		case line, ok := <-s.log.lines:
			if !ok {
				t.Fatalf("the daemon ended before it said %q:\n%s", says, s.log)
			}
			if strings.Contains(line, says) {
				return line
			}
		case <-late:
			t.Fatalf("the daemon does not say %q:\n%s", says, s.log)
		}
	}
}

// stop ends the daemon with a signal and returns its exit status.
func (s *service) stop(t *testing.T, sig os.Signal) int {
	t.Helper()
	s.cmd.Process.Signal(sig)
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		t.Fatal("the daemon does not stop")
	}
	return s.cmd.ProcessState.ExitCode()
}

// signIn signs a client in to the daemon.
func (s *service) signIn(t *testing.T, handle, password string) (*client.Client, error) {
	t.Helper()
	c, err := client.Dial(within(t), client.Options{Server: s.addr, Handle: handle, Password: password})
	if err == nil {
		t.Cleanup(func() { c.Close() })
	}
	return c, err
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// both runs a test without a daemon and with one.
func both(t *testing.T, more string, f func(t *testing.T, p *place)) {
	for _, running := range []bool{false, true} {
		t.Run(fmt.Sprintf("daemon=%t", running), func(t *testing.T) {
			p := newPlace(t, more)
			if running {
				p.must(t, "first\n", "account", "add", "first@msn.local", "--password-stdin")
				p.start(t)
			}
			f(t, p)
		})
	}
}
