package msn

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever a client sends, signed in or not or in a switchboard, its connection
// ends in good order and the service lives.
func FuzzConn(f *testing.F) {
	scripts, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range scripts {
		f.Add(sent(f, name))
	}
	r := newPipeRig(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		r.t = t
		for _, first := range []func(*rig, net.Conn){stranger, user, ticketed, caller} {
			c := r.serveConn(t)
			first(r, c)
			done := make(chan struct{})
			go func() {
				defer close(done)
				io.Copy(io.Discard, c)
			}()
			c.Write(in) // may fail: the server has had enough
			c.Close()
			<-done
		}
	})
}

// sent is what a transcript's clients send.
func sent(f *testing.F, name string) []byte {
	b, err := os.ReadFile(name)
	if err != nil {
		f.Fatal(err)
	}
	var in strings.Builder
	for line := range strings.SplitSeq(string(b), "\n") {
		if _, text, ok := strings.Cut(line, " C: "); ok {
			in.WriteString(strings.NewReplacer(`\r\n`, "\r\n", "LEN", "20", `\c`, "").Replace(text) + "\r\n")
		}
	}
	return []byte(in.String())
}

// serveConn is the client's end of a connection that is served.
func (r *rig) serveConn(t *testing.T) net.Conn {
	a, b := net.Pipe()
	served := make(chan struct{})
	go func() {
		defer close(served)
		r.srv.ServeConn(r.ctx, b)
	}()
	t.Cleanup(func() { a.Close(); <-served })
	return a
}

func stranger(*rig, net.Conn) {}

func user(r *rig, c net.Conn) {
	p := &benchPeer{c, make([]byte, 4096)}
	p.signIn(r.t, "alice@msn.test")
}

func ticketed(r *rig, c net.Conn) {
	p := &benchPeer{c, make([]byte, 4096)}
	p.ask(r.t, "\r\n", "VER 1 MSNP12")
	p.ask(r.t, "\r\n", "USR 2 TWN I carol@msn.test")
	p.ask(r.t, "\r\n\r\n", "USR 3 TWN S t=%s&p=", r.ticket("carol@msn.test"))
	p.ask(r.t, "\r\nCHL 0 ", "CHG 4 NLN")
}

func caller(r *rig, c net.Conn) {
	ns := &benchPeer{r.serveConn(r.t.(*testing.T)), make([]byte, 4096)}
	ns.signIn(r.t, "bob@msn.test")
	f := strings.Fields(ns.ask(r.t, "\r\n", "XFR 6 SB"))
	sb := &benchPeer{c, make([]byte, 4096)}
	sb.ask(r.t, "\r\n", "USR 1 bob@msn.test %s", f[5])
}
