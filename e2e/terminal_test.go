package e2e

import (
	"context"
	"io"
	"os/exec"
	"regexp"
	"testing"
	"time"
)

// A terminal is a "msnbridge chat" that runs: a test types into it and reads what it shows.
type terminal struct {
	t    testing.TB
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *output // texts are in it, so it is not searched as logs are
	read int     // bytes of out that a test has asked for
	done chan error
}

// terminal signs handle in.
func (d *daemon) terminal(handle string, flags ...string) *terminal {
	d.t.Helper()
	args := append([]string{"chat", "--server", d.addr, "--password-stdin", handle}, flags...)
	t := &terminal{t: d.t, cmd: d.command(context.Background(), args...), out: &output{}, done: make(chan error, 1)}
	t.cmd.Stdout, t.cmd.Stderr = t.out, d.log
	var err error
	if t.in, err = t.cmd.StdinPipe(); err == nil {
		err = t.cmd.Start()
	}
	if err != nil {
		d.t.Fatal(err)
	}
	go func() { t.done <- t.cmd.Wait() }()
	d.t.Cleanup(func() {
		t.in.Close()
		select {
		case <-t.done:
		case <-time.After(patience):
			t.cmd.Process.Kill()
			<-t.done
		}
		if d.t.Failed() {
			d.t.Logf("the terminal of %s showed:\n%s", handle, t.out.tail(16<<10))
		}
	})
	t.types(passwordOf(handle))
	return t
}

// types types a line.
func (t *terminal) types(line string) {
	t.t.Helper()
	if _, err := io.WriteString(t.in, line+"\n"); err != nil {
		t.t.Fatal(err)
	}
}

// shows waits for a line, behind those that were waited for before.
func (t *terminal) shows(line string) {
	t.t.Helper()
	want := regexp.MustCompile(`(?s)^.*?` + regexp.QuoteMeta(line) + `\n`)
	m, err := t.out.await(bounded(t.t), t.read, want)
	if err != nil {
		t.t.Fatalf("%q is not shown: %v", line, err)
	}
	t.read += len(m[0])
}

// quits signs out, which must end well.
func (t *terminal) quits() {
	t.t.Helper()
	t.types("/quit")
	select {
	case err := <-t.done:
		if t.done <- err; err != nil {
			t.t.Fatal(err)
		}
	case <-time.After(patience):
		t.t.Fatal("the terminal does not end")
	}
}
