package irc

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"msnbridge/bridge"
)

// A script is the server's end of a connection, played by a test.
type script struct {
	t     *testing.T
	wire  net.Conn
	lines chan string // what the Conn writes; closed at its end
}

func newScript(t *testing.T, wire net.Conn) *script {
	s := &script{t: t, wire: wire, lines: make(chan string, 10000)}
	go func() {
		defer close(s.lines)
		for in := bufio.NewScanner(wire); in.Scan(); {
			s.lines <- in.Text()
		}
	}()
	return s
}

// say sends lines, and waits until the Conn has done with them what it can.
func (s *script) say(lines ...string) {
	s.t.Helper()
	defer synctest.Wait()
	for _, line := range lines {
		if _, err := s.wire.Write([]byte(line + "\r\n")); err != nil {
			s.t.Fatalf("say %q: %v", line, err)
		}
	}
}

// next is the next line that the Conn writes.
func (s *script) next() string {
	s.t.Helper()
	select {
	case line, ok := <-s.lines:
		if !ok {
			s.t.Fatal("the connection has ended")
		}
		return line
	case <-time.After(10 * time.Minute):
		s.t.Fatal("nothing was written")
	}
	return ""
}

// expect takes the next lines, which must be these. A line that ends in * only
// has to begin so; it returns what stood for the last *.
func (s *script) expect(lines ...string) (rest string) {
	s.t.Helper()
	for _, want := range lines {
		got := s.next()
		prefix, open := strings.CutSuffix(want, "*")
		if open && strings.HasPrefix(got, prefix) {
			rest = got[len(prefix):]
			continue
		}
		if got != want {
			s.t.Fatalf("got %q, want %q", got, want)
		}
	}
	return rest
}

// quiet checks that nothing more is written for now.
func (s *script) quiet() {
	s.t.Helper()
	synctest.Wait()
	select {
	case line, ok := <-s.lines:
		if ok {
			s.t.Fatalf("unexpected %q", line)
		}
	default:
	}
}

// fence answers the PING that stands behind a message.
func (s *script) fence() {
	s.t.Helper()
	s.say(":irc.test PONG irc.test " + s.expect("PING *"))
}

// A tape keeps what a Conn emits.
type tape struct {
	mu   sync.Mutex
	evs  []bridge.Event
	fail int // so many calls fail
}

func (r *tape) emit(_ context.Context, evs []bridge.Event, _ []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail > 0 {
		r.fail--
		return bridge.ErrStore
	}
	r.evs = append(r.evs, evs...)
	return nil
}

// take returns what was emitted since the last call.
func (r *tape) take() []bridge.Event {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	evs := r.evs
	r.evs = nil
	return evs
}

// brief writes events down in a short form.
func brief(evs []bridge.Event) string {
	var b strings.Builder
	for _, ev := range evs {
		switch e := ev.(type) {
		case bridge.MessageReceived:
			m := e.Message
			fmt.Fprintf(&b, "msg %s <%s> %s", m.Chat.ID, m.Name, m.Text)
			if m.Emote {
				b.WriteString(" (emote)")
			}
			if m.Own {
				b.WriteString(" (own)")
			}
			if m.Mention {
				b.WriteString(" (mention)")
			}
		case bridge.PresenceChanged:
			fmt.Fprintf(&b, "presence %s %s", e.Addr.ID, strings.TrimSpace(e.Presence.State.String()+" "+e.Presence.Note))
		case bridge.Remark:
			fmt.Fprintf(&b, "remark %s %s", e.Chat.ID, e.Text)
		case bridge.Typing:
			fmt.Fprintf(&b, "typing %s", strings.TrimSpace(e.Chat.ID+" "+e.Name))
		case bridge.RosterChanged:
			b.WriteString(briefRoster(e))
		case bridge.Invited:
			fmt.Fprintf(&b, "invited %s %s", e.Contact.Addr.ID, e.Contact.Name)
		case bridge.ContactFound:
			fmt.Fprintf(&b, "found %s %s", e.Contact.Addr.ID, e.Contact.Name)
		default:
			fmt.Fprintf(&b, "%T", ev)
		}
		b.WriteByte('\n')
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (r *tape) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := brief(r.take()); got != strings.Join(want, "\n") {
		t.Fatalf("events\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func testNetwork(t *testing.T, change func(*Config)) *Network {
	t.Helper()
	config := Config{Name: "test", Domain: "irc.test", Server: "irc.test"}
	if os.Getenv("IRC_LOG") != "" {
		config.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	if change != nil {
		change(&config)
	}
	n, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func testLogin(nick string) bridge.Login {
	return bridge.Login{
		Account: "me@msn.local", Network: "test", Keys: map[string]string{"nick": nick},
		Initial: bridge.Presence{State: bridge.Online},
	}
}

// dialScript connects login while play plays the server until 001 or a refusal.
func dialScript(t *testing.T, n *Network, login bridge.Login, play func(s *script)) (bridge.Conn, *script, *tape, error) {
	t.Helper()
	ours, theirs := net.Pipe()
	n.dial = func(context.Context, string, string) (net.Conn, error) { return ours, nil }
	s := newScript(t, theirs)
	t.Cleanup(func() { theirs.Close() })
	r := new(tape)
	type result struct {
		c   bridge.Conn
		err error
	}
	connected := make(chan result, 1)
	go func() {
		c, err := n.Connect(t.Context(), login, r.emit)
		connected <- result{c, err}
	}()
	play(s)
	got := <-connected
	if got.err == nil {
		t.Cleanup(func() { theirs.Close(); <-got.c.Done() })
	}
	return got.c, s, r, got.err
}

// A setting is what a scripted server offers.
type setting struct {
	caps     string
	isupport string
	config   func(*Config)
	initial  bridge.State
	away     string // the AWAY that follows from initial
}

// playing runs test in a bubble of its own time, with a registered connection.
func playing(t *testing.T, o setting, test func(t *testing.T, c *Conn, s *script, r *tape)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := testNetwork(t, o.config)
		login := testLogin("me")
		if o.initial != bridge.Offline {
			login.Initial.State = o.initial
		}
		c, s, r, err := dialScript(t, n, login, func(s *script) { welcome(s, o) })
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		test(t, c.(*Conn), s, r)
	})
}

func welcome(s *script, o setting) {
	s.expect("CAP LS 302", "NICK me", "USER me 0 * :me")
	if o.caps != "" {
		s.say(":irc.test CAP * LS :" + o.caps)
		for range strings.Fields(o.caps) {
			s.say(":irc.test CAP me ACK :" + s.expect("CAP REQ *"))
		}
		s.expect("CAP END")
	}
	s.say(":irc.test 001 me :Welcome")
	if o.away != "" {
		s.expect("AWAY :" + o.away)
	}
	s.say(
		":irc.test 352 me * ident host.test irc.test me H :0 me",
		":irc.test 005 me CASEMAPPING=rfc1459 "+o.isupport+" :are supported",
		":irc.test 376 me :End of MOTD")
}

func (n *Network) who(ids ...string) []bridge.Addr {
	var all []bridge.Addr
	for _, id := range ids {
		all = append(all, bridge.Addr{Network: n.Name(), ID: id})
	}
	return all
}

// send sends a text as the core does, with 45 seconds to go.
func send(t *testing.T, c *Conn, to, text string) <-chan error {
	t.Helper()
	sent := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), 45*time.Second)
		defer cancel()
		sent <- c.Send(ctx, bridge.Message{Chat: c.n.addr(to), Text: text})
	}()
	return sent
}
