package irc

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"msnbridge/bridge"
)

// sendLong sends a text that its writer waits for as long as it takes.
func sendLong(t *testing.T, c *Conn, to, text string) <-chan error {
	t.Helper()
	sent := make(chan error, 1)
	go func() { sent <- c.Send(context.Background(), bridge.Message{Chat: c.n.addr(to), Text: text}) }()
	return sent
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintln(&b, i)
	}
	return b.String()
}

// A listener is a server that answers fences and notes what is said.
type listener struct {
	got    []string
	fences int
}

func (l *listener) listen(t *testing.T, s *script, lines int) {
	t.Helper()
	for want := len(l.got) + lines; len(l.got) < want; {
		l.take(s, s.next())
	}
}

func (l *listener) take(s *script, line string) {
	if token, ok := strings.CutPrefix(line, "PING "); ok {
		l.fences++
		s.say(":irc.test PONG irc.test " + token)
		return
	}
	l.got = append(l.got, strings.TrimPrefix(line, "PRIVMSG "))
}

// finish answers fences until sent has an outcome.
func (l *listener) finish(t *testing.T, s *script, sent <-chan error) error {
	t.Helper()
	for {
		select {
		case err := <-sent:
			return err
		case line := <-s.lines:
			l.take(s, line)
		}
	}
}

// Ten lines go at once, then one in two seconds, in fair turns.
func TestFlood(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		start := time.Now()
		long := sendLong(t, c, "bob", numbered(20))
		l := new(listener)
		l.listen(t, s, 10)
		if took := time.Since(start); took > 0 {
			t.Errorf("ten lines took %v", took)
		}
		s.fence()
		s.quiet()
		short := sendLong(t, c, "eve", "y")
		l.listen(t, s, 2)
		if l.got[11] != "eve :y" || time.Since(start) > 5*time.Second {
			t.Errorf("a short message waited %v for a long one: %q", time.Since(start), l.got)
		}
		if err := l.finish(t, s, short); err != nil {
			t.Error(err)
		}
		if err := l.finish(t, s, long); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took < 20*time.Second || took > 30*time.Second {
			t.Errorf("21 lines took %v", took)
		}
	})
}

// Five hundred lines arrive in order and take no longer than the bucket wants, as
// one text or as many, and also beside as many in another conversation.
func TestFiveHundred(t *testing.T) {
	const n = 500
	for _, test := range []struct {
		name   string
		send   func(t *testing.T, c *Conn, to string) <-chan error
		chats  []string
		fences int // at most
	}{
		{"one text", oneText, []string{"bob"}, n / 4},
		{"many texts", manyTexts, []string{"bob"}, n},
		{"two chats", manyTexts, []string{"bob", "eve"}, 2 * n},
		{"text beside texts", nil, []string{"bob", "eve"}, 2 * n},
	} {
		t.Run(test.name, func(t *testing.T) {
			playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
				start, l := time.Now(), new(listener)
				var sent []<-chan error
				for i, chat := range test.chats {
					send := test.send
					if send == nil {
						send = []func(*testing.T, *Conn, string) <-chan error{oneText, manyTexts}[i]
					}
					sent = append(sent, send(t, c, chat))
				}
				for _, outcome := range sent {
					if err := l.finish(t, s, outcome); err != nil {
						t.Fatal(err)
					}
				}
				checkOrder(t, l.got, test.chats, n)
				lines := n * len(test.chats)
				if took, want := time.Since(start), time.Duration(lines-10)*2*time.Second; took > want+20*time.Second {
					t.Errorf("%d lines took %v", lines, took)
				}
				if l.fences > test.fences {
					t.Errorf("%d fences", l.fences)
				}
			})
		})
	}
}

func oneText(t *testing.T, c *Conn, to string) <-chan error { return sendLong(t, c, to, numbered(500)) }

func manyTexts(t *testing.T, c *Conn, to string) <-chan error {
	sent := make(chan error, 1)
	go func() {
		for i := range 500 {
			if err := c.Send(context.Background(), bridge.Message{Chat: c.n.addr(to), Text: fmt.Sprint(i)}); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	return sent
}

// checkOrder checks that each chat got all lines in order, and that none was far
// ahead of another.
func checkOrder(t *testing.T, got, chats []string, n int) {
	t.Helper()
	next := map[string]int{}
	for i, line := range got {
		chat, text, _ := strings.Cut(line, " :")
		if text != fmt.Sprint(next[chat]) {
			t.Fatalf("%s got %q after %d lines", chat, text, next[chat])
		}
		next[chat]++
		for _, other := range chats {
			if i < n && next[chat]-next[other] > 20 {
				t.Fatalf("%s has %d lines, %s %d", chat, next[chat], other, next[other])
			}
		}
	}
	for _, chat := range chats {
		if next[chat] != n {
			t.Errorf("%s got %d lines", chat, next[chat])
		}
	}
}

// What is too much is refused at once.
func TestFloodTooMuch(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		start := time.Now()
		if f := refusal(t, <-sendLong(t, c, "bob", numbered(maxChatLines+1))); f.Unknown || f.Sent != 0 || f.Parts != maxChatLines+1 {
			t.Errorf("%+v", f)
		}
		s.quiet()
		for _, nick := range []string{"a", "b", "d", "e", "f"} {
			sendLong(t, c, nick, numbered(maxChatLines-10))
		}
		synctest.Wait() // all are admitted
		for range 10 {
			s.expect("PRIVMSG *")
		}
		s.expect("PING *")
		if f := refusal(t, <-sendLong(t, c, "a", numbered(100))); !strings.Contains(f.Reason, "conversation") {
			t.Errorf("%+v", f)
		}
		if f := refusal(t, <-sendLong(t, c, "g", numbered(100))); !strings.Contains(f.Reason, "network") {
			t.Errorf("%+v", f)
		}
		if took := time.Since(start); took > 0 {
			t.Errorf("refused after %v", took)
		}
	})
}
