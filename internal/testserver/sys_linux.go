package testserver

import (
	"fmt"
	"io"
	"net"
	"syscall"
)

// childAttr keeps the terminal's signals from a server and ends it when the thread that started
// it ends. The kernel forgets the latter when a process changes its user, so a server is started
// as the user that it is to run as.
func childAttr(user *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Credential: user}
}

// lockPort takes a name among the abstract sockets, which are gone with the process that made
// them and, like ports, belong to a network namespace.
func lockPort(port int) (io.Closer, error) {
	return net.Listen("unix", fmt.Sprintf("@msnbridge-test-port-%d", port))
}

// memoryDir is a folder in memory with room for some servers, or empty. (A container's is small.)
func memoryDir() string {
	const (
		dir  = "/dev/shm"
		room = 1 << 30
	)
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil || fs.Bavail*uint64(fs.Bsize) < room {
		return ""
	}
	return dir
}
