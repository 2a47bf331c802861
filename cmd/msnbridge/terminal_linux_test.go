package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A terminal is one side of a pseudo terminal, whose other side is a command's.
type terminal struct {
	*os.File
	other *os.File
	seen  strings.Builder
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	raw, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	raw.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			n, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	return &terminal{File: master, other: other}
}

// await reads until the terminal has shown a text, and returns all it has shown.
func (m *terminal) await(t *testing.T, text string) string {
	t.Helper()
	m.SetReadDeadline(time.Now().Add(20 * time.Second))
	b := make([]byte, 4096)
	for !strings.Contains(m.seen.String(), text) {
		n, err := m.Read(b)
		if err != nil {
			t.Fatalf("%q is not shown: %v\n%s", text, err, m.seen.String())
		}
		m.seen.Write(b[:n])
	}
	return m.seen.String()
}

func (m *terminal) enter(t *testing.T, line string) {
	t.Helper()
	if _, err := m.WriteString(line + "\r"); err != nil {
		t.Fatal(err)
	}
}

func TestFirstStartInTerminal(t *testing.T) {
	p := newPlace(t, "")
	m := newTerminal(t)
	s := p.startWith(t, m.other)
	m.await(t, "only once")
	found := written.FindStringSubmatch(m.seen.String())
	if found == nil || !strings.Contains(m.seen.String(), "msnbridge chat --server "+s.addr) {
		t.Fatalf("shown:\n%s", m.seen.String())
	}
	if _, err := s.signIn(t, found[1], found[2]); err != nil {
		t.Error(err)
	}
	if strings.Contains(s.log.String(), found[2]) {
		t.Error("the password is in the log")
	}
	if _, err := os.Stat(filepath.Join(p.dir, "data", firstFile)); err == nil {
		t.Error("there is a file as well")
	}
}

func TestChatInTerminal(t *testing.T) {
	p := newPlace(t, "")
	p.must(t, "s3cret\n", "account", "add", "anna@msn.local", "--password-stdin")
	s := p.start(t)
	m := newTerminal(t)
	cmd := p.command("chat", "--server", s.addr, "anna@msn.local")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = m.other, m.other, m.other
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	m.await(t, "Password: ")
	m.enter(t, "s3cret")
	m.await(t, "/help the commands")
	m.enter(t, "/who")
	shown := m.await(t, "AL FL RL")
	m.enter(t, "/quit")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if strings.Contains(shown, "s3cret") {
		t.Errorf("the password was shown:\n%s", shown)
	}
}
