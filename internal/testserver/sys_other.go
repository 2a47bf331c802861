//go:build !linux

package testserver

import (
	"io"
	"strings"
	"syscall"
)

// childAttr keeps the terminal's signals from a server.
func childAttr(user *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: user}
}

// lockPort does nothing here: a collision shows as a server that ends while it starts, and another
// port is tried.
func lockPort(int) (io.Closer, error) { return io.NopCloser(strings.NewReader("")), nil }

func memoryDir() string { return "" }
