package matrix

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

// at dates an event by its age.
func at(event string, age time.Duration) string {
	before, rest, _ := strings.Cut(event, `"origin_server_ts":`)
	_, after, _ := strings.Cut(rest, ",")
	return fmt.Sprintf(`%s"origin_server_ts":%d,%s`, before, time.Now().Add(-age).UnixMilli(), after)
}

// A homeserver that has forgotten the position is asked anew: what came since the last event that
// was handed over is delivered, and nothing a second time.
func TestPositionRefused(t *testing.T) {
	for name, timeline := range map[string]string{
		"all in the timeline": `{"limited":true,"prev_batch":"h0","events":[` + textEvent("$1", "n1") + "," + textEvent("$2", "n2") + "," + textEvent("$3", "n3") + `]}`,
		"read back":           `{"limited":true,"prev_batch":"h3","events":[]}`,
		"not limited":         `{"events":[` + textEvent("$2", "n2") + "," + textEvent("$3", "n3") + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t)
			s.history(3)
			o := s.owner()
			c := o.connect()
			s.news <- timelineAnswer("s2", false, textEvent("$1", "n1"))
			awaitText(o, "n1")
			s.news <- fail(400, "M_UNKNOWN")
			<-c.Done()
			if rejected := new(bridge.RejectedError); c.Err() == nil || errors.As(c.Err(), &rejected) {
				t.Fatalf("ended with %v", c.Err())
			}
			s.mu.Lock()
			s.initial = strings.Replace(strings.Replace(scriptInitial, `"s1"`, `"s9"`, 1),
				`{"limited":true,"prev_batch":"p0","events":[]}`, timeline, 1)
			s.mu.Unlock()
			o.connect()
			awaitText(o, "n2")
			awaitText(o, "n3")
			s.news <- timelineAnswer("s10", false, textEvent("$4", "n4"))
			awaitText(o, "n4")
			if all := s.since(); all[len(all)-1] != "s9" && all[len(all)-1] != "s10" {
				t.Errorf("asked from %q", all)
			}
			if again := have[bridge.MessageReceived](o); len(again) != 0 {
				t.Errorf("came as well: %+v", again)
			}
		})
	}
}

// One person's rooms show in one window, so what was said in them comes in the order of its times.
func TestRoomsInOrder(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	o.connect()
	room := func(events ...string) string {
		return `{"summary":{"m.heroes":["@bob:x"],"m.joined_member_count":2,"m.invited_member_count":0},"timeline":{"events":[` + strings.Join(events, ",") + `]}}`
	}
	s.news <- ok(`{"next_batch":"s2","account_data":{"events":[{"type":"m.direct","content":{"@bob:x":["!r:x","!q:x"]}}]},
		"rooms":{"join":{"!q:x":` + room(at(textEvent("$q1", "two"), 800*time.Millisecond), at(textEvent("$q2", "four"), 600*time.Millisecond)) + `,
		"!r:x":` + room(at(textEvent("$r1", "one"), 900*time.Millisecond), at(textEvent("$r2", "three"), 700*time.Millisecond), at(textEvent("$r3", "late clock"), 5*time.Minute), at(textEvent("$r4", "five"), 0)) + `}}}`)
	awaitText(o, "five")
	var got []string
	for _, e := range have[bridge.MessageReceived](o) {
		got = append(got, e.Message.Text)
	}
	if want := "one two three late clock four"; strings.Join(got, " ") != want {
		t.Errorf("%q; want %q", strings.Join(got, " "), want)
	}
}

// What has just come is new even if its sender's clock is a little slow, but not if it says that it
// is much older than the login.
func TestSlowClock(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	o.connect()
	s.news <- timelineAnswer("s2", false, at(textEvent("$1", "old"), time.Hour), at(textEvent("$2", "slow clock"), skew/2), textEvent("$3", "now"))
	awaitText(o, "slow clock")
	awaitText(o, "now")
	if more := have[bridge.MessageReceived](o); len(more) != 0 {
		t.Errorf("%+v", more)
	}
}

// A homeserver that answers at once though it has no news is not asked without a break, nor is one
// that wants us to wait for no time at all.
func TestRestlessHomeserver(t *testing.T) {
	for name, next := range map[string]func(n int) answer{
		"empty":      func(n int) answer { return ok(fmt.Sprintf(`{"next_batch":"e%d"}`, n)) },
		"rate limit": func(int) answer { return answer{status: 429, header: http.Header{"Retry-After": {"0"}}} },
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t)
			o := s.owner()
			o.times.Retry = 200 * time.Millisecond
			n := 0
			s.on("GET /sync", func(r *http.Request) answer {
				if r.URL.Query().Get("since") == "" {
					return ok(scriptInitial)
				}
				n++
				return next(n)
			})
			start := time.Now()
			c := o.connect()
			until(t, "a few requests", func() bool { return len(s.since()) >= 7 })
			if took := time.Since(start); took < 4*o.times.Retry {
				t.Errorf("7 requests in %v", took)
			}
			c.Close()
		})
	}
}

// A chat that becomes encrypted while a message waits for another try gets no plain text any more.
func TestEncryptedMeanwhile(t *testing.T) {
	s := newScript(t)
	c := s.owner().connect()
	busy := answer{status: 429, body: `{"retry_after_ms":50}`}
	tries := s.sends(&busy, &busy, &busy)
	s.on("PUT /rooms/", func(*http.Request) answer {
		tries.Add(1)
		c.mu.Lock()
		c.rooms.rooms["!r:x"].encrypted = true
		c.mu.Unlock()
		return busy
	})
	var failed *bridge.SendError
	if err := c.Send(t.Context(), bobSays("secret")); !errors.As(err, &failed) || failed.Unknown || !strings.HasPrefix(failed.Reason, reasonEncrypted) {
		t.Errorf("got %v", err)
	}
	if tries.Load() != 1 {
		t.Errorf("%d tries", tries.Load())
	}
}

// What was not sent when the connection is closed is for the next one.
func TestSendClosed(t *testing.T) {
	s := newScript(t)
	c := s.owner().connect()
	asked := make(chan struct{}, 1)
	s.on("GET /rooms/", func(*http.Request) answer {
		asked <- struct{}{}
		return answer{status: 429, body: `{"retry_after_ms":60000}`}
	})
	sent := make(chan error, 1)
	go func() { sent <- c.Send(t.Context(), bobSays("hello")) }()
	<-asked
	c.Close()
	var failed *bridge.SendError
	if err := <-sent; !errors.As(err, &failed) || failed.Unknown || !errors.Is(err, bridge.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"Bob":                              "Bob",
		" Bob \r\n Smith\x00 ":             "Bob Smith",
		"\u202eboB":                        "boB",
		"\u2067Bob\u2069 \u200f!":          "Bob !",
		"\u200b\u200d\u2060":               "",
		"\u3164\u115f \u2800":              "",
		"\U0001F468\u200d\U0001F469":       "\U0001F468\u200d\U0001F469",
		"\u0645\u06cc\u200c\u062e":         "\u0645\u06cc\u200c\u062e",
		strings.Repeat("x", maxName) + "y": strings.Repeat("x", maxName),
	} {
		if got := cleanName(in); got != want {
			t.Errorf("cleanName(%q) = %q; want %q", in, got, want)
		}
	}
}
