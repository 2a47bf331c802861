//go:build !unix

package wire

import "syscall"

// A socket is read like any other source here.
type socket struct{}

func newSocket(*Reader, syscall.Conn) *socket { return nil }

func (*socket) fill() error { return nil }
