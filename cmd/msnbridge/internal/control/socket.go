package control

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

const socketName = "control.sock"

// sunPath is how long the path of a socket may be everywhere.
const sunPath = 100

// Listen opens the socket of the daemon in dir, whose lock the caller holds. It
// is made in a directory that nobody else may enter and then put into its place,
// so that it is never open to others, and a stale one is replaced.
func Listen(dir string) (net.Listener, error) {
	private, err := os.MkdirTemp(dir, ".control-")
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	defer os.Remove(private)
	ln, err := listenIn(private)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	made := filepath.Join(private, socketName)
	if err = os.Chmod(made, 0o600); err == nil {
		err = os.Rename(made, filepath.Join(dir, socketName))
	}
	if err != nil {
		ln.Close()
		os.Remove(made)
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return &listener{ln, filepath.Join(dir, socketName)}, nil
}

// A listener removes its socket when it is closed.
type listener struct {
	net.Listener
	path string
}

func (l *listener) Close() error {
	os.Remove(l.path)
	return l.Listener.Close()
}

func listenIn(dir string) (net.Listener, error) {
	path, done, err := reach(dir)
	if err != nil {
		return nil, err
	}
	defer done()
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	ln.SetUnlinkOnClose(false)
	return ln, nil
}

// dialSocket connects to the daemon that owns dir.
func dialSocket(ctx context.Context, dir string) (net.Conn, error) {
	path, done, err := reach(dir)
	if err != nil {
		return nil, err
	}
	defer done()
	return new(net.Dialer).DialContext(ctx, "unix", path)
}

// reach returns a path of the socket in dir that is short enough for the
// operating system: one through an open descriptor where the plain one is not.
// done is called when it is not needed any more.
func reach(dir string) (path string, done func(), err error) {
	path = filepath.Join(dir, socketName)
	if len(path) <= sunPath {
		return path, func() {}, nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", f.Fd(), socketName), func() { f.Close() }, nil
}
