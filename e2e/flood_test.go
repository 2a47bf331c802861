package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"msnbridge/internal/testserver"
	"msnbridge/msn/client"
)

// floodLines are typed at once, each as a message of its own.
const floodLines = 500

// slowFlood is set to have the flood at the bridge's default pace against servers with Debian's
// limits, which takes half an hour; see doc/performance.md.
const slowFlood = "MSNBRIDGE_SLOW_FLOOD"

// TestFlood has a user type much more at once than may be sent at once, in a channel and in a
// query. It takes longer than a text is tried that does not move.
func TestFlood(t *testing.T) {
	t.Parallel()
	if os.Getenv(slowFlood) == "" {
		c := onNgircd(t, fresh("fl"))
		testFlood(t, c, 2*time.Minute)
		return
	}
	t.Run("ngircd", func(t *testing.T) {
		t.Parallel()
		s := testserver.Ngircd(t, testserver.NgircdOptions{DebianLimits: true})
		testFlood(t, ircCase{start(t, usualPace(ircTable("ng", s.Addr))), s.Addr, "ng.test", "anna", ""}, time.Hour)
	})
	t.Run("inspircd", func(t *testing.T) {
		t.Parallel()
		s := testserver.InspIRCd(t, testserver.InspIRCdOptions{DebianLimits: true, NoServices: true})
		testFlood(t, ircCase{start(t, usualPace(ircTLSTable("insp", s.TLSAddr, s.CAFile))), s.Addr, "insp.test", "anna", ""}, time.Hour)
	})
}

// usualPace is a network with the flood control that users have.
func usualPace(table string) string {
	return strings.ReplaceAll(table, "flood_interval = \"50ms\"\n", "")
}

func testFlood(t *testing.T, c ircCase, limit time.Duration) {
	a, bob := c.linked(), c.friend(t, "bob")
	room := "#" + c.prefix + "flood"
	bob.join(room)
	a.add(client.Forward, c.of(room))
	a.awaitState(c.of(room), client.Online)
	// ngIRCd answers a new client's questions late, so that a first call may fail.
	windows := map[string]*window{room: a.call(c.of(room)), bob.nick: a.callAgain(c.handle(bob))}
	line := func(i int) string { return words(fmt.Sprintf("%d, %s", i, strings.Repeat("and on ", i%9))) }
	began := time.Now()
	for _, w := range windows {
		for i := range floodLines {
			if _, err := w.Send(bounded(t), client.NegativeOnly, client.TextPayload(line(i))); err != nil {
				t.Fatal(err)
			}
		}
	}
	typed := time.Since(began)
	end, next := time.Now().Add(limit), map[string]int{}
	for next[room] < floodLines || next[bob.nick] < floodLines {
		if time.Now().After(end) {
			t.Fatalf("only %v have come", next)
		}
		m := bob.readWithin(limit, "PRIVMSG", nil)
		if m.Command != "PRIVMSG" || m.Nick() != c.nick {
			continue
		}
		to := strings.ToLower(m.Params[0])
		if want := strings.TrimRight(line(next[to]), " "); strings.TrimRight(m.Params[1], " ") != want {
			t.Fatalf("to %s: %q, want %q", to, m.Params[1], want)
		}
		next[to]++
	}
	t.Logf("%d lines, typed in %v, have all come after %v", 2*floodLines, typed.Round(time.Millisecond), time.Since(began).Round(time.Second))
	for _, w := range windows {
		none[client.NotDelivered](w.inbox, nil)
		w.say(words("done"))
	}
	if connected := a.call(gateway).ask("status"); !strings.Contains(connected, "connected since") {
		t.Errorf("status: %s", connected)
	}
}
