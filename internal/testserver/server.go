package testserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

const (
	readyTimeout   = 60 * time.Second // from start to service, on a busy machine
	restartTimeout = 20 * time.Second // in which a server that ends while starting is tried again
	politeTimeout  = 15 * time.Second // from a polite signal to the end
	pollInterval   = 10 * time.Millisecond
	shownOutput    = 32 << 10 // bytes of a server's output shown for a failed test
)

var errEnded = errors.New("ended while starting")

// A Server is a process that a test may stop and start again, on the same ports and with the same
// data. It belongs to the goroutine of one test.
type Server struct {
	name string
	dir  string
	user *syscall.Credential // nil: as ourselves

	args  []string                        // the program and its arguments
	probe func(ctx context.Context) error // nil once it serves
	gone  func(ctx context.Context) error // nil once others have noticed that it has ended
	stop  os.Signal                       // asks it to end
	crash os.Signal                       // ends it at once

	child *child      // nil before the first start
	locks []io.Closer // the ports
}

// newServer makes the folder of a server and promises the test to clear all away.
func newServer(t testing.TB, name string, user *syscall.Credential) *Server {
	t.Helper()
	s := &Server{name: name, user: user, stop: syscall.SIGTERM, crash: syscall.SIGKILL}
	s.gone = func(context.Context) error { return nil }
	s.dir = freshDir(t, user)
	t.Cleanup(func() {
		s.end(s.crash)
		for _, lock := range s.locks {
			lock.Close()
		}
	})
	s.logWhenFailed(t)
	return s
}

// launch starts the server for the first time. configure is given free ports and sets args and
// probe; if the server ends at once, it is given others.
func (s *Server) launch(t testing.TB, ports int, configure func(ports []int)) {
	t.Helper()
	var err error
	for range 3 {
		free := make([]int, ports)
		for i := range free {
			port, lock := reservePort(t)
			free[i] = port
			s.locks = append(s.locks, lock)
		}
		configure(free)
		if err = s.start(); !errors.Is(err, errEnded) {
			break
		}
	}
	if err != nil {
		t.Fatalf("start %s: %v\n%s", s.name, err, s.outputSince(0))
	}
}

// Stop asks the server to end and waits until it has.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if err := s.end(s.stop); err != nil {
		t.Logf("stop %s: %v", s.name, err)
	}
	s.awaitGone(t)
}

// Kill ends the server as a crash would and waits until it has ended.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if err := s.end(s.crash); err != nil {
		t.Fatalf("kill %s: %v", s.name, err)
	}
	s.awaitGone(t)
}

// Restart stops the server if it runs, starts it and waits until it serves.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Stop(t)
	from := s.outputSize()
	ctx, cancel := context.WithTimeout(context.Background(), restartTimeout)
	defer cancel()
	// A port that someone else has taken, or what a killed server has left, is free again soon.
	err := poll(ctx, func() error {
		err := s.start()
		if err != nil && !errors.Is(err, errEnded) {
			return permanent{err}
		}
		return err
	})
	if err != nil {
		t.Fatalf("restart %s: %v\n%s", s.name, err, s.outputSince(from))
	}
}

// Pause makes the server hang: its connections stay open and nothing is answered. (PostgreSQL's
// sessions are processes of their own and go on.)
func (s *Server) Pause(t testing.TB) { t.Helper(); s.signal(t, syscall.SIGSTOP) }

// Resume ends a Pause.
func (s *Server) Resume(t testing.TB) { t.Helper(); s.signal(t, syscall.SIGCONT) }

// Running tells whether the process lives.
func (s *Server) Running() bool { return s.child != nil && !s.child.ended() }

// Dir is the server's folder, which is removed after the test.
func (s *Server) Dir() string { return s.dir }

func (s *Server) signal(t testing.TB, sig os.Signal) {
	t.Helper()
	if !s.Running() {
		t.Fatalf("%s: %s is not running", sig, s.name)
	}
	if err := s.child.cmd.Process.Signal(sig); err != nil {
		t.Fatalf("%s: %s: %v", sig, s.name, err)
	}
}

func (s *Server) start() error {
	output, err := s.openOutput()
	if err != nil {
		return err
	}
	defer output.Close()
	cmd := exec.Command(s.args[0], s.args[1:]...)
	cmd.Dir = s.dir
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = childAttr(s.user)
	c, err := startChild(cmd)
	if err != nil {
		return err
	}
	s.child = c
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	return poll(ctx, func() error {
		if c.ended() {
			return permanent{fmt.Errorf("%w: %v", errEnded, c.err)}
		}
		return s.probe(ctx)
	})
}

// end sends sig, and SIGKILL if that does not help.
func (s *Server) end(sig os.Signal) error {
	if !s.Running() {
		return nil
	}
	c := s.child
	if err := c.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	// A paused process gets no signal but SIGKILL.
	_ = c.cmd.Process.Signal(syscall.SIGCONT)
	timer := time.NewTimer(politeTimeout)
	defer timer.Stop()
	select {
	case <-c.done:
		return nil
	case <-timer.C:
	}
	if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-c.done
	return fmt.Errorf("killed %v after %v", politeTimeout, sig)
}

func (s *Server) awaitGone(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	if err := poll(ctx, func() error { return s.gone(ctx) }); err != nil {
		t.Fatalf("end of %s: %v", s.name, err)
	}
}

// outputPath is where the server's output goes, and its log if it keeps one.
func (s *Server) outputPath() string { return filepath.Join(s.dir, "output.log") }

func (s *Server) openOutput() (*os.File, error) {
	f, err := os.OpenFile(s.outputPath(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err == nil && s.user != nil {
		err = f.Chown(int(s.user.Uid), int(s.user.Gid))
	}
	return f, err
}

func (s *Server) outputSize() int64 {
	info, err := os.Stat(s.outputPath())
	if err != nil {
		return 0
	}
	return info.Size()
}

// outputSince returns what was printed after the first from bytes, or the end of it.
func (s *Server) outputSince(from int64) string {
	f, err := os.Open(s.outputPath())
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	from = max(from, s.outputSize()-shownOutput)
	text, err := io.ReadAll(io.NewSectionReader(f, from, shownOutput))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// logWhenFailed logs what the server prints from now on if t fails.
func (s *Server) logWhenFailed(t testing.TB) {
	from := s.outputSize()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s printed:\n%s", s.name, s.outputSince(from))
		}
	})
}

// revive starts the server if an earlier test has left it down.
func (s *Server) revive(t testing.TB) {
	t.Helper()
	if !s.Running() {
		t.Logf("%s is down, starting it", s.name)
		s.Restart(t)
	}
}

// permanent marks an error that ends a poll.
type permanent struct{ error }

// poll calls f until it succeeds, fails for good, or ctx ends.
func poll(ctx context.Context, f func() error) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			return nil
		}
		if p, ok := err.(permanent); ok {
			return p.error
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%w; last: %w", context.Cause(ctx), err)
		}
	}
}
