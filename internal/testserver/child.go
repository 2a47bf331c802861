package testserver

import (
	"os/exec"
	"runtime"
)

// Waiter is the function of the goroutine that stands behind each running server, for
// goleak.IgnoreAnyFunction in tests that look for leaks while a server runs.
const Waiter = "msnbridge/internal/testserver.(*child).run"

// A child is one started process. Its fields are written by run alone; err may be read after done
// is closed.
type child struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	err  error         // how it ended
}

// startChild starts cmd, whose output must be a file.
func startChild(cmd *exec.Cmd) (*child, error) {
	c := &child{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go c.run(started)
	if err := <-started; err != nil {
		return nil, err
	}
	return c, nil
}

// run starts the process and waits for it. It holds on to its thread, because the kernel ends the
// process together with the thread that started it, not with our process (see childAttr).
func (c *child) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := c.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	c.err = c.cmd.Wait()
	close(c.done)
}

func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}
