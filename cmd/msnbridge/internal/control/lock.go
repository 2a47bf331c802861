package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ErrLocked says that another process owns the data directory.
var ErrLocked = errors.New("in use by another msnbridge")

// A Lock is the ownership of a data directory. It ends with the process.
type Lock struct{ f *os.File }

// TryLock takes the lock of dir, which is made if need be; ErrLocked if another
// process has it.
func TryLock(dir string) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("data directory %s: %w%s", dir, ErrLocked, holder(f))
		}
		return nil, fmt.Errorf("lock the data directory %s: %w", dir, err)
	}
	l := &Lock{f}
	return l, l.sign()
}

// sign writes who holds the lock, for the messages of others.
func (l *Lock) sign() error {
	if err := l.f.Truncate(0); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	if _, err := fmt.Fprintf(l.f, "%d\n", os.Getpid()); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	return nil
}

func holder(f *os.File) string {
	b := make([]byte, 20)
	n, _ := f.ReadAt(b, 0)
	if pid := strings.TrimSpace(string(b[:n])); pid != "" {
		return " (process " + pid + ")"
	}
	return ""
}

// Close gives the lock back.
func (l *Lock) Close() error { return l.f.Close() }

// WaitLock is TryLock, but waits until ctx ends for a command that is at work
// there to finish. A daemon is not waited for.
func WaitLock(ctx context.Context, dir string) (*Lock, error) {
	c := NewClient(dir)
	defer c.Close()
	for {
		l, err := TryLock(dir)
		if !errors.Is(err, ErrLocked) || c.Hello(ctx) == nil || !pause(ctx) {
			return l, err
		}
	}
}

// pause waits for a moment; false if ctx has ended.
func pause(ctx context.Context) bool {
	t := time.NewTimer(20 * time.Millisecond)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// Reach finds the way to the service of dir: its daemon, or if there is none the
// lock. One of the two is nil. While another process holds the lock and does not
// answer, it waits until ctx ends.
func Reach(ctx context.Context, dir string) (*Client, *Lock, error) {
	for {
		l, err := TryLock(dir)
		if !errors.Is(err, ErrLocked) {
			return nil, l, err
		}
		c := NewClient(dir)
		silent := c.Hello(ctx)
		if silent == nil {
			return c, nil, nil
		}
		c.Close()
		if !pause(ctx) {
			return nil, nil, fmt.Errorf("%w, which does not answer on %s: %w; if it hangs, end it and try again",
				err, filepath.Join(dir, socketName), silent)
		}
	}
}
