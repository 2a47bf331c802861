package irc

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
	"msnbridge/internal/testserver"
)

// Five hundred lines to one person and as many texts to another, at once: all
// arrive, in order.
func TestFloodReal(t *testing.T) {
	onEachServer(t, func(t *testing.T, n *Network, addr, _ string) {
		n.config.Interval = 5 * time.Millisecond
		flood(t, n, addr, 500, 500)
	})
}

// The same with the flood control that there is by default, at the limits that
// servers have by default. It takes half an hour, and so runs only with
// IRC_FLOOD=1.
func TestFloodAtDefaultLimits(t *testing.T) {
	if os.Getenv("IRC_FLOOD") == "" {
		t.Skip("IRC_FLOOD is not set: takes half an hour")
	}
	for name, start := range map[string]func(testing.TB) (tlsAddr, ca, addr string){
		"ngircd": func(t testing.TB) (string, string, string) {
			s := testserver.Ngircd(t, testserver.NgircdOptions{DebianLimits: true})
			return s.TLSAddr, s.CAFile, s.Addr
		},
		"inspircd": func(t testing.TB) (string, string, string) {
			s := testserver.InspIRCd(t, testserver.InspIRCdOptions{DebianLimits: true, NoServices: true})
			return s.TLSAddr, s.CAFile, s.Addr
		},
	} {
		for load, texts := range map[string][2]int{"one text": {500, 0}, "many texts": {0, 500}, "both": {250, 250}} {
			t.Run(name+"/"+load, func(t *testing.T) {
				t.Parallel()
				tlsAddr, ca, addr := start(t)
				n := realNetwork(t, tlsAddr, ca)
				n.config.Burst, n.config.Interval, n.pollEvery = 0, 0, pollTime
				if err := n.config.complete(); err != nil {
					t.Fatal(err)
				}
				flood(t, n, addr, texts[0], texts[1])
			})
		}
	}
}

// flood sends a text of so many lines to one person and so many texts to another.
func flood(t *testing.T, n *Network, addr string, lines, texts int) {
	t.Helper()
	start := time.Now()
	login := realLogin(freshNick("Fast"))
	c, _ := connectReal(t, n, login)
	t.Logf("connected after %v", time.Since(start))
	start = time.Now()
	sent := make(chan error, 2)
	patient := func(p *peer, n int, text func(i int) string) {
		if n == 0 {
			return
		}
		p.last = login.Keys["nick"]
		go func() {
			for i := range n {
				if err := c.Send(context.Background(), bridge.Message{Chat: p.Addr(), Text: text(i)}); err != nil {
					sent <- fmt.Errorf("text %d: %w", i, err)
					return
				}
			}
			sent <- nil
		}()
	}
	one, many := newPeer(t, n, addr, freshNick("One"), ""), newPeer(t, n, addr, freshNick("Many"), "")
	patient(one, min(lines, 1), func(int) string { return numbered(lines) })
	patient(many, texts, func(i int) string { return fmt.Sprint(i) })
	outcomes := min(lines, 1) + min(texts, 1)
	hears(t, one, c, lines)
	hears(t, many, c, texts)
	for range outcomes {
		if err := <-sent; err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d lines took %v", lines+texts, time.Since(start))
}

// hears checks that a person gets the numbers from 0 to n, however slowly, for as
// long as the connection holds.
func hears(t *testing.T, p *peer, c bridge.Conn, n int) {
	t.Helper()
	for i := 0; i < n; {
		select {
		case m := <-p.heard:
			if m.Command == "PRIVMSG" && m.Nick() == p.last {
				checkNumber(t, m, i)
				i++
			}
		case <-p.gone:
			t.Fatalf("%s was disconnected after %d lines", p.nick, i)
		case <-c.Done():
			t.Fatalf("disconnected after %d lines: %v", i, c.Err())
		}
	}
}

func checkNumber(t *testing.T, m ircmsg.Message, want int) {
	t.Helper()
	if got := m.Params[1]; got != fmt.Sprint(want) {
		t.Fatalf("line %d is %q", want, got)
	}
}
