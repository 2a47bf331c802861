package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"msnbridge/internal/testserver"
	"msnbridge/msn/client"
)

// A cutter passes lines between a gateway and an IRC server, and cuts the first connection
// when so many messages have gone through.
type cutter struct {
	addr string // for the gateway

	mu   sync.Mutex
	left int
}

func cutAfter(t *testing.T, server string, messages int) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{addr: l.Addr().String(), left: messages}
	var all sync.WaitGroup
	t.Cleanup(func() { l.Close(); all.Wait() })
	all.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { c.pass(in, server) })
		}
	})
	return c
}

func (c *cutter) pass(in net.Conn, server string) {
	defer in.Close()
	out, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	var back sync.WaitGroup
	defer back.Wait()
	defer out.Close()
	back.Go(func() { defer in.Close(); io.Copy(in, out) })
	for lines := bufio.NewReader(in); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		if _, err := io.WriteString(out, line); err != nil || c.isLast(line) {
			return
		}
	}
}

func (c *cutter) isLast(line string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if strings.Contains(line, "PRIVMSG ") {
		c.left--
		return c.left == 0
	}
	return false
}

// TestFloodCut loses the connection in the midst of what was typed at once in a query and in a
// channel. All that follows comes after the reconnect, in order and once. Only of what was under
// way nobody knows, and its writer is told.
func TestFloodCut(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) string{
		"ng": func(t *testing.T) string { return testserver.Ngircd(t, testserver.NgircdOptions{}).Addr },
		"insp": func(t *testing.T) string {
			return testserver.InspIRCd(t, testserver.InspIRCdOptions{NoServices: true}).Addr
		},
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); testFloodCut(t, name, start(t)) })
	}
}

func testFloodCut(t *testing.T, name, server string) {
	const typed = 60
	cut := cutAfter(t, server, typed)
	c := ircCase{start(t, ircTable(name, cut.addr)), server, name + ".test", "canna", "c"}
	a, bob := c.linked(), c.friend(t, "bob")
	room := "#cut"
	bob.join(room)
	a.add(client.Forward, c.of(room))
	a.awaitState(c.of(room), client.Online)
	windows := map[string]*window{room: a.call(c.of(room)), bob.nick: a.callAgain(c.handle(bob))}
	ids := map[string]map[uint32]int{}
	for to, w := range windows {
		ids[to] = map[uint32]int{}
		for i := range typed {
			id, err := w.Send(bounded(t), client.NegativeOnly, client.TextPayload(fmt.Sprintf("n%d", i)))
			if err != nil {
				t.Fatal(err)
			}
			ids[to][id] = i
		}
	}
	heard := bob.hearNumbers(c.nick, typed, room, bob.nick)
	for to, w := range windows {
		refused := map[int]bool{}
		for len(w.events) > 0 {
			w.kept = append(w.kept, <-w.events)
		}
		for _, ev := range w.kept {
			if nak, ok := ev.(client.NotDelivered); ok {
				refused[ids[to][nak.ID]] = true
			}
		}
		if len(refused) > 1 {
			t.Errorf("%s: not confirmed: %v", to, refused)
		}
		for i := range typed {
			if !heard[to][i] && !refused[i] {
				t.Errorf("%s: %d was lost without a word", to, i)
			}
		}
	}
}

// hearNumbers hears texts n0 to n(count-1) to several targets, each in order and once. Some may
// be missing, but not the last.
func (f *ircFriend) hearNumbers(from string, count int, to ...string) map[string]map[int]bool {
	f.t.Helper()
	heard, latest := map[string]map[int]bool{}, map[string]int{}
	for _, name := range to {
		heard[name], latest[name] = map[int]bool{}, -1
	}
	for waits := len(to); waits > 0; {
		m := f.readWithin(time.Minute, "PRIVMSG", nil)
		if m.Command != "PRIVMSG" || m.Nick() != from {
			continue
		}
		n, target := -1, strings.ToLower(m.Params[0])
		fmt.Sscanf(m.Params[1], "n%d", &n)
		if heard[target] == nil || n <= latest[target] {
			f.t.Fatalf("to %s: %q after n%d", target, m.Params[1], latest[target])
		}
		heard[target][n], latest[target] = true, n
		if n == count-1 {
			waits--
		}
	}
	return heard
}
