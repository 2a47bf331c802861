package msn

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// A benchPeer is a client that does not allocate in the measured part.
type benchPeer struct {
	net.Conn
	buf []byte
}

func (r *rig) benchPeer(b *testing.B) *benchPeer {
	c, err := r.dial("")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	return &benchPeer{c, make([]byte, 64<<10)}
}

// until reads until the end has come.
func (p *benchPeer) until(b testing.TB, end string) string {
	for n := 0; ; {
		k, err := p.Read(p.buf[n:])
		if err != nil {
			b.Fatal(err)
		}
		n += k
		if bytes.Contains(p.buf[:n], []byte(end)) {
			return string(p.buf[:n])
		}
	}
}

func (p *benchPeer) ask(b testing.TB, end, format string, args ...any) string {
	if _, err := fmt.Fprintf(p, format+"\r\n", args...); err != nil {
		b.Fatal(err)
	}
	return p.until(b, end)
}

// signIn signs in and goes online.
func (p *benchPeer) signIn(b testing.TB, handle string) {
	p.ask(b, "\r\n", "VER 1 MSNP2")
	p.ask(b, "\r\n", "INF 2")
	f := strings.Fields(p.ask(b, "\r\n", "USR 3 MD5 I %s", handle))
	p.ask(b, "\r\n\r\n", "USR 4 MD5 S %s", wire.MD5Response(f[4], "secret"))
	p.ask(b, "QNG\r\n", "CHG 5 NLN\r\nPNG")
}

// BenchmarkRelay is a message from one client to another in a switchboard, eight
// in one write.
func BenchmarkRelay(b *testing.B) {
	r := newRig(b)
	alice, bob, from, to := r.benchPeer(b), r.benchPeer(b), r.benchPeer(b), r.benchPeer(b)
	alice.signIn(b, "alice@msn.test")
	bob.signIn(b, "bob@msn.test")
	f := strings.Fields(alice.ask(b, "\r\n", "XFR 6 SB"))
	from.ask(b, "\r\n", "USR 1 alice@msn.test %s", f[5])
	from.ask(b, "\r\n", "CAL 2 bob@msn.test")
	f = strings.Fields(bob.until(b, "\r\n"))
	to.ask(b, "OK\r\n", "ANS 1 bob@msn.test %s %s", f[4], f[1])
	from.until(b, "Bob\r\n")

	body := strings.Repeat("x", 256)
	burst := []byte(strings.Repeat("MSG 9 U 256\r\n"+body, 8))
	back := 8 * len("MSG alice@msn.test Alice 256\r\n"+body)
	b.SetBytes(256)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i += 8 {
		if _, err := from.Write(burst); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(to, to.buf[:back]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPresence is a change of state until 500 watchers have been told.
func BenchmarkPresence(b *testing.B) {
	r := newRig(b)
	star := r.benchPeer(b)
	star.signIn(b, "alice@msn.test")
	const watchers = 500
	var as []bridge.NewAccount
	for i := range watchers {
		as = append(as, bridge.NewAccount{Handle: fmt.Sprintf("w%d@msn.test", i), Name: "W", Password: "secret"})
	}
	if err := r.bridge.AddAccounts(r.ctx, as...); err != nil {
		b.Fatal(err)
	}
	ws := make([]*benchPeer, watchers)
	for i, a := range as {
		ws[i] = r.benchPeer(b)
		ws[i].signIn(b, a.Handle)
		ws[i].ask(b, "NLN alice@msn.test Alice\r\n", "ADD 6 FL alice@msn.test Alice")
		star.until(b, "W\r\n")
	}
	b.ReportAllocs()
	b.ResetTimer()
	states := []string{"BSY", "NLN"}
	for i := 0; i < b.N; i++ {
		state := states[i%2]
		star.ask(b, "\r\n", "CHG 9 %s", state)
		for _, w := range ws {
			w.until(b, "NLN "+state+" alice@msn.test Alice\r\n")
		}
	}
}

// BenchmarkSignIn is a sign-in over a pipe, from VER to the answer to CHG.
func BenchmarkSignIn(b *testing.B) {
	r := newRig(b)
	b.ReportAllocs()
	for b.Loop() {
		c, s := net.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.srv.ServeConn(r.ctx, s)
		}()
		p := &benchPeer{c, make([]byte, 4096)}
		p.signIn(b, "alice@msn.test")
		c.Close()
		<-done
	}
}

func BenchmarkNLN(b *testing.B) {
	e := &bridge.Entry{Addr: bridge.Addr{Network: bridge.Local, ID: "alice@msn.test"}, Handle: "alice@msn.test", Name: "Alice"}
	p := bridge.Presence{State: bridge.Busy, Client: appearance{features: "1342472228", picture: "%3Cmsnobj%20Creator%3D%22alice%22%2F%3E"}}
	c, d := sight{e, p, "Alice in Wonderland"}, dialects[len(dialects)-1]
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		out = d.appendSight(out[:0], "NLN", c, false)
	}
}
