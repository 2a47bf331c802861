package matrix

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"msnbridge/bridge"
)

func TestEmitRefused(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	o.connect()
	await[bridge.ContactFound](o, nil)
	o.mu.Lock()
	o.refusals = 1
	o.mu.Unlock()
	s.news <- timelineAnswer("s2", false, textEvent("$1", "one"))
	s.news <- timelineAnswer("s2", false, textEvent("$1", "one"), textEvent("$2", "two"))
	awaitText(o, "one")
	awaitText(o, "two")
	until(t, "next sync", func() bool { return len(s.since()) >= 4 })
	if got := s.since()[:4]; !slices.Equal(got, []string{"", "s1", "s1", "s2"}) {
		t.Errorf("asked since %q", got)
	}
	if string(o.position) != "s2" {
		t.Errorf("position %q", o.position)
	}
}

func TestPositionKept(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	o.position = []byte("s77")
	o.connect()
	until(t, "sync", func() bool { return len(s.since()) >= 2 })
	if got := s.since()[:2]; !slices.Equal(got, []string{"", "s77"}) {
		t.Errorf("asked since %q", got)
	}
}

func TestOfflineOnEverySync(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	o.login.Initial = bridge.Presence{State: bridge.Hidden}
	c := o.connect()
	s.news <- timelineAnswer("s2", false)
	s.news <- timelineAnswer("s3", false)
	until(t, "syncs", func() bool { return len(s.since()) >= 4 })
	for _, q := range s.syncs {
		if q.Get("set_presence") != "offline" {
			t.Errorf("set_presence is %q", q.Get("set_presence"))
		}
	}
	// A change is in force at once, not when the homeserver has answered.
	if err := c.SetPresence(t.Context(), bridge.Presence{State: bridge.Away}); err != nil {
		t.Fatal(err)
	}
	until(t, "sync with the new presence", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.syncs[len(s.syncs)-1].Get("set_presence") == "unavailable"
	})
	if got := s.asked("PUT /presence/"); len(got) != 1 || !strings.Contains(got[0], `"unavailable"`) {
		t.Errorf("put %q", got)
	}
}

func TestSyncFails(t *testing.T) {
	for name, test := range map[string]struct {
		answers  []answer
		ends     bool
		rejected string
	}{
		"one bad gateway":   {[]answer{{status: 502, body: "<html>"}}, false, ""},
		"two bad gateways":  {[]answer{{status: 502}, {status: 502}}, true, ""},
		"nonsense":          {[]answer{ok("hello"), ok("[]")}, true, ""},
		"no position":       {[]answer{ok("{}"), ok(`{"next_batch":7}`)}, true, ""},
		"rate limit":        {[]answer{{status: 429, body: `{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":5}`}, {status: 429, body: `{"retry_after_ms":5}`, header: http.Header{"Retry-After": {"0"}}}, fail(429, "")}, false, ""},
		"unknown token":     {[]answer{fail(401, "M_UNKNOWN_TOKEN")}, true, "signed out"},
		"soft logout":       {[]answer{{status: 401, body: `{"errcode":"M_UNKNOWN_TOKEN","soft_logout":true}`}}, true, "no longer accepts"},
		"deactivated":       {[]answer{fail(403, "M_USER_DEACTIVATED")}, true, "deactivated"},
		"unauthorised page": {[]answer{{status: 403, body: "<html>"}}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t)
			o := s.owner()
			c := o.connect()
			for _, a := range test.answers {
				s.news <- a
			}
			s.news <- timelineAnswer("s2", false, textEvent("$1", "after"))
			if !test.ends {
				awaitText(o, "after")
				return
			}
			<-c.Done()
			var rejected *bridge.RejectedError
			if errors.As(c.Err(), &rejected) != (test.rejected != "") || !strings.Contains(fmt.Sprint(c.Err()), test.rejected) {
				t.Errorf("ended with %v", c.Err())
			}
			if c.Err() == nil {
				t.Error("ended without a reason")
			}
		})
	}
}

func TestMalformed(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	c := o.connect()
	long := strings.Repeat("x", 300)
	s.news <- ok(`{"next_batch":"s2","presence":{"events":[7,{"type":"m.presence"}]},"account_data":{"events":[null,"x",{"type":"m.direct","content":[1]}]},
		"rooms":{"join":{"!r:x":[],"nonsense":{},"!other:x":{"timeline":7,"state":{"events":[{}]}}},"invite":{"!i:x":7,"!j:x":{"invite_state":{"events":[{"type":"m.room.member","state_key":"@me:x","sender":"bob","content":{"membership":"invite","is_direct":true}}]}}},"leave":{"!z:x":null}}}`)
	s.news <- timelineAnswer("s3", false,
		`7`, `"x"`, `[]`, `null`, `{}`, `{"type":7}`,
		`{"type":"m.room.message","event_id":"$`+long+`","sender":"@bob:x","content":{"msgtype":"m.text","body":"long id"}}`,
		`{"type":"m.room.message","event_id":"$a b","sender":"@bob:x","content":{"msgtype":"m.text","body":"bad id"}}`,
		`{"type":"m.room.message","event_id":"$a","sender":"bob","content":{"msgtype":"m.text","body":"bad sender"}}`,
		`{"type":"m.room.message","event_id":"$b","sender":"@eve:x","content":{"msgtype":"m.text","body":"not in the room"}}`,
		`{"type":"m.room.message","event_id":"$c","sender":"@bob:x","content":7}`,
		`{"type":"m.room.message","event_id":"$d","sender":"@bob:x","content":{"msgtype":"m.text","body":{"a":1}}}`,
		`{"type":"m.room.member","event_id":"$e","sender":"@bob:x","state_key":"not a user","content":{"membership":"join"}}`,
		`{"type":"m.room.name","event_id":"$f","sender":"@bob:x","state_key":"","content":7}`,
		`{"type":"m.room.message","event_id":"$g","sender":"@bob:x","origin_server_ts":"soon","unsigned":7,"content":{"msgtype":"m.text","body":"odd but readable"}}`,
		`{"type":"m.room.message","event_id":"$h","sender":"@bob:x","origin_server_ts":99999999999999999,"content":{"msgtype":"m.text","body":"future\r\nBCC: x\u0000"}}`)
	awaitText(o, "odd but readable")
	if m := awaitText(o, "future\nBCC: x"); m.Time.After(time.Now()) {
		t.Errorf("time %v", m.Time)
	}
	s.news <- ok(`{"next_batch":"s4","rooms":{"join":{"!r:x":{"ephemeral":{"events":[7,{"type":"m.typing","content":{"user_ids":7}},{"type":"m.receipt","content":{"$x":7}},{"type":"m.receipt","content":{"$x":{"m.read":{"@me:x":7}}}}]}}}}}`)
	s.news <- timelineAnswer("s5", false, textEvent("$z", "still here"))
	awaitText(o, "still here")
	if evs := have[bridge.MessageReceived](o); len(evs) != 0 {
		t.Errorf("%+v", evs)
	}
	if n := c.odd.Load(); n < 15 {
		t.Errorf("only %d counted", n)
	}
}

// A homeserver with many events before those of /sync, named $1 to $N, the newest first.
func (s *script) history(n int) {
	s.on("GET /rooms/!r:x/messages", func(r *http.Request) answer { return historyPage(r, n) })
}

func historyPage(r *http.Request, n int) answer {
	from := n
	fmt.Sscanf(r.URL.Query().Get("from"), "h%d", &from)
	var events []string
	to := max(from-100, 0)
	for i := from; i > to; i-- {
		events = append(events, textEvent(fmt.Sprint("$", i), fmt.Sprint("n", i)))
	}
	end := ""
	if to > 0 {
		end = fmt.Sprintf(`,"end":"h%d"`, to)
	}
	return ok(fmt.Sprintf(`{"chunk":[%s]%s}`, strings.Join(events, ","), end))
}

func TestGap(t *testing.T) {
	for name, test := range map[string]struct {
		all, known, want int
		left             bool
	}{
		"a few":            {250, 20, 230, false},
		"none":             {20, 20, 0, false},
		"all of a room":    {150, 0, 150, false},
		"as many as may":   {1000, 0, 1000, false},
		"more than may be": {2500, 3, 1000, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t)
			s.history(test.all)
			o := s.owner()
			c := o.connect()
			if test.known > 0 {
				s.news <- timelineAnswer("s2", false, textEvent(fmt.Sprint("$", test.known), "known"))
				awaitText(o, "known")
			}
			if test.known == 20 { // also when it was kept
				s.hangUp(c)
				o.connect()
			}
			s.news <- timelineAnswer("s3", true, textEvent("$now", "now"))
			awaitText(o, "now")
			got := have[bridge.MessageReceived](o)
			if test.left {
				if len(got) == 0 || got[0].Message.Text != textLeftOut || !got[0].Message.From.IsZero() {
					t.Fatalf("no line about what was left out")
				}
				got = got[1:]
			}
			if len(got) != test.want {
				t.Fatalf("%d messages; want %d", len(got), test.want)
			}
			for i, e := range got {
				if want := fmt.Sprint("n", test.all-test.want+i+1); e.Message.Text != want {
					t.Fatalf("message %d is %q; want %q", i, e.Message.Text, want)
				}
			}
		})
	}
}

func TestGapUnreadable(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	o.connect()
	var asked atomic.Int32
	s.on("GET /rooms/", func(*http.Request) answer {
		if asked.Add(1) == 1 {
			return answer{status: 429, body: `{"retry_after_ms":1}`}
		}
		return fail(403, "M_FORBIDDEN")
	})
	s.news <- timelineAnswer("s2", true, textEvent("$1", "one"))
	awaitText(o, textMissing)
	awaitText(o, "one")
}

// sends makes the homeserver answer a PUT of a message with these, one after another; nil drops
// the connection.
func (s *script) sends(answers ...*answer) *atomic.Int32 {
	var n atomic.Int32
	s.on("PUT /rooms/", func(*http.Request) answer {
		i := int(n.Add(1)) - 1
		if i >= len(answers) {
			return ok(`{"event_id":"$sent"}`)
		}
		if answers[i] == nil {
			panic(http.ErrAbortHandler)
		}
		return *answers[i]
	})
	return &n
}

func TestSend(t *testing.T) {
	busy := answer{status: 429, body: `{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":10}`}
	bad, forbidden, large := answer{status: 502, body: "<html>"}, fail(403, "M_FORBIDDEN"), fail(413, "M_TOO_LARGE")
	for name, test := range map[string]struct {
		answers []*answer
		tries   int32
		reason  string
	}{
		"at once":      {nil, 1, ""},
		"rate limit":   {[]*answer{&busy, &busy}, 3, ""},
		"bad gateway":  {[]*answer{&bad}, 2, ""},
		"dropped":      {[]*answer{nil, nil}, 3, ""},
		"forbidden":    {[]*answer{&forbidden}, 1, reasonForbidden},
		"busy, then a": {[]*answer{&busy, &large}, 2, reasonTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t)
			s.on("GET /rooms/!r:x/messages", func(*http.Request) answer { return ok(`{"chunk":[]}`) })
			c := s.owner().connect()
			tries := s.sends(test.answers...)
			err := c.Send(t.Context(), bobSays("hello"))
			var failed *bridge.SendError
			if (err == nil) != (test.reason == "") || errors.As(err, &failed) && (failed.Unknown || failed.Reason != test.reason) {
				t.Errorf("got %v", err)
			}
			if tries.Load() != test.tries {
				t.Errorf("%d tries", tries.Load())
			}
			lines := map[string]bool{}
			s.mu.Lock()
			for _, r := range s.requests {
				if strings.HasPrefix(r.line, "PUT /rooms/") {
					lines[r.line] = true
				}
			}
			s.mu.Unlock()
			if len(lines) != 1 {
				t.Errorf("not always the same transaction: %v", lines)
			}
		})
	}
}

// A homeserver that has taken a message but answers too late, and was then started again.
func TestSendFound(t *testing.T) {
	s := newScript(t)
	msg := bobSays("hello")
	var taken atomic.Bool
	s.on("GET /rooms/!r:x/messages", func(*http.Request) answer {
		if !taken.Load() {
			return ok(`{"chunk":[]}`)
		}
		e := strings.Replace(textFrom("$1", "@me:x", "hello"), `"msgtype"`, `"org.msnbridge.key":"`+msg.ID+`","msgtype"`, 1)
		return ok(`{"chunk":[` + e + `]}`)
	})
	c := s.owner().connect()
	var tries atomic.Int32
	s.on("PUT /rooms/", func(r *http.Request) answer {
		tries.Add(1)
		taken.Store(true)
		panic(http.ErrAbortHandler)
	})
	if err := c.Send(t.Context(), msg); err != nil || tries.Load() != 1 {
		t.Errorf("%v after %d tries", err, tries.Load())
	}
	msg.Retry = true
	if err := c.Send(t.Context(), msg); err != nil || tries.Load() != 1 {
		t.Errorf("%v after %d tries", err, tries.Load())
	}
}

func TestSendUnknown(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	o.times.Request = 50 * time.Millisecond
	c := o.connect()
	release := make(chan struct{})
	s.on("PUT /rooms/", func(r *http.Request) answer { <-release; return ok("{}") })
	defer close(release)
	ctx, cancel := contextWithTimeout(t, 200*time.Millisecond)
	defer cancel()
	var failed *bridge.SendError
	if err := c.Send(ctx, bobSays("hello")); !errors.As(err, &failed) || !failed.Unknown {
		t.Errorf("got %v", err)
	}
}

func TestSendUnreached(t *testing.T) {
	s := newScript(t)
	c := s.owner().connect()
	if err := c.Send(t.Context(), bobSays("hello")); err != nil {
		t.Fatal(err)
	}
	s.server.Listener.Close()
	s.server.CloseClientConnections()
	c.api.transport.CloseIdleConnections()
	ctx, cancel := contextWithTimeout(t, 200*time.Millisecond)
	defer cancel()
	var failed *bridge.SendError
	if err := c.Send(ctx, bobSays("hello")); !errors.As(err, &failed) || failed.Unknown {
		t.Errorf("got %v", err)
	}
}

func TestEncryptionUnsure(t *testing.T) {
	for name, a := range map[string]answer{
		"encrypted":  ok(`{"algorithm":"m.megolm.v1.aes-sha2"}`),
		"odd":        ok(`{}`),
		"forbidden":  fail(403, "M_FORBIDDEN"),
		"not known":  fail(404, "M_UNRECOGNIZED"),
		"other page": {status: 404, body: "<html>"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t)
			s.on("GET /rooms/!r:x/state/m.room.encryption", func(*http.Request) answer { return a })
			c := s.owner().connect()
			var failed *bridge.SendError
			if err := c.Send(t.Context(), bobSays("hello")); !errors.As(err, &failed) || failed.Unknown || failed.Reason == "" {
				t.Errorf("got %v", err)
			}
			if got := s.asked("PUT /rooms/"); len(got) != 0 {
				t.Errorf("sent %q", got)
			}
		})
	}
}

func TestPresenceRefused(t *testing.T) {
	s := newScript(t)
	s.on("PUT /presence/", func(*http.Request) answer { return fail(404, "M_UNRECOGNIZED") })
	s.on("GET /presence/", func(*http.Request) answer { return fail(404, "M_UNRECOGNIZED") })
	o := s.owner()
	c := o.connect()
	until(t, "inferred presence", func() bool { return strings.Contains(c.Status(), "inferred") })
	if err := c.Watch(t.Context(), []bridge.Addr{addr("@bob:x")}); err != nil {
		t.Fatal(err)
	}
	s.news <- timelineAnswer("s2", false, textEvent("$1", "alive"))
	await(o, func(e bridge.PresenceChanged) bool { return e.Presence.State == bridge.Online })
}

func TestPresenceWatched(t *testing.T) {
	s := newScript(t)
	var asked atomic.Int32
	s.on("GET /presence/@", func(r *http.Request) answer {
		if strings.Contains(r.URL.Path, "@bob:x") {
			asked.Add(1)
			return ok(`{"presence":"org.matrix.msc3026.busy","status_msg":"at\r\nwork"}`)
		}
		return ok(`{"presence":"online"}`)
	})
	o := s.owner()
	c := o.connect()
	s.news <- ok(`{"next_batch":"s2","presence":{"events":[{"type":"m.presence","sender":"@eve:x","content":{"presence":"online"}}]}}`)
	for range 3 {
		if err := c.Watch(t.Context(), []bridge.Addr{addr("@bob:x")}); err != nil {
			t.Fatal(err)
		}
	}
	await(o, func(e bridge.PresenceChanged) bool {
		return e.Addr == addr("@bob:x") && e.Presence == bridge.Presence{State: bridge.Busy, Note: "at work"}
	})
	s.news <- ok(`{"next_batch":"s3","presence":{"events":[{"type":"m.presence","sender":"@bob:x","content":{"presence":"offline","status_msg":"x"}}]}}`)
	await(o, func(e bridge.PresenceChanged) bool { return e.Presence == bridge.Presence{} })
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	if evs := have[bridge.PresenceChanged](o); len(evs) != 0 {
		t.Errorf("not watched: %+v", evs)
	}
}

func TestDirectKeepsOthers(t *testing.T) {
	s := newScript(t)
	s.on("GET /user/@me:x/account_data/m.direct", func(*http.Request) answer {
		return ok(`{"@bob:x":["!r:x",7],"mail@x":["!q:x"],"@eve:x":"odd"}`)
	})
	s.on("POST /createRoom", func(*http.Request) answer { return ok(`{"room_id":"!new:x"}`) })
	s.on("GET /joined_rooms", func(*http.Request) answer { return ok(`{"joined_rooms":["!r:x"]}`) })
	c := s.owner().connect()
	msg := outgoing("@eve:x", "hi")
	if err := c.Send(t.Context(), msg); err != nil {
		t.Fatal(err)
	}
	got := s.asked("PUT /user/@me:x/account_data/m.direct")
	if len(got) != 1 || got[0] != `{"@bob:x":["!r:x",7],"@eve:x":["!new:x"],"mail@x":["!q:x"]}` {
		t.Errorf("put %q", got)
	}
	// Another client writes m.direct at the same time, and the room is lost: it is put again.
	s.news <- ok(`{"next_batch":"s2","account_data":{"events":[{"type":"m.direct","content":{"@bob:x":["!r:x"]}}]}}`)
	until(t, "m.direct put again", func() bool { return len(s.asked("PUT /user/@me:x/account_data/m.direct")) == 2 })
	if err := c.Send(t.Context(), outgoing("@eve:x", "again")); err != nil {
		t.Fatal(err)
	}
	if got := s.asked("POST /createRoom"); len(got) != 1 || !strings.Contains(got[0], `"trusted_private_chat"`) ||
		!strings.Contains(got[0], `"is_direct":true`) || strings.Contains(got[0], "encryption") {
		t.Errorf("made %q", got)
	}
}

// A direct chat that /sync tells of while it is being made is never a room; another room, joined
// meanwhile, is told of afterwards, even if no chat comes of it.
func TestDirectInTheMaking(t *testing.T) {
	for name, outcome := range map[string]answer{
		"made":    ok(`{"room_id":"!new:x"}`),
		"refused": {status: 403, body: `{"errcode":"M_FORBIDDEN"}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t)
			told := make(chan struct{})
			s.on("POST /createRoom", func(*http.Request) answer { <-told; return outcome })
			o := s.owner()
			c := o.connect()
			sent := make(chan error, 1)
			go func() { sent <- c.Send(t.Context(), outgoing("@eve:x", "hi")) }()
			until(t, "the question", func() bool { return len(s.asked("POST /createRoom")) == 1 })
			us := `{"type":"m.room.member","event_id":"$u","sender":"@me:x","state_key":"@me:x","content":{"membership":"join"}}`
			if name == "made" {
				s.news <- roomAnswer("s2", "!new:x", stateBody(us))
			}
			s.news <- roomAnswer("s3", "!group:x", stateBody(us))
			s.news <- timelineAnswer("s4", false, textEvent("$1", "a mark"))
			awaitText(o, "a mark")
			if early := have[bridge.ContactFound](o); slices.ContainsFunc(early, func(f bridge.ContactFound) bool { return f.Contact.Addr.ID[0] == '!' }) {
				t.Errorf("told: %+v", early)
			}
			close(told)
			found(o, "!group:x")
			if err := <-sent; (err == nil) != (name == "made") {
				t.Error(err)
			}
			for _, f := range have[bridge.ContactFound](o) {
				if f.Contact.Addr.ID == "!new:x" {
					t.Error("the chat was told of as a room")
				}
			}
		})
	}
}

func TestBusyHomeserver(t *testing.T) {
	// A homeserver that answers at once with nothing must not make us ask without a break.
	s := newScript(t)
	s.on("GET /sync", func(r *http.Request) answer { return ok(scriptInitial) })
	o := s.owner()
	o.times.Retry = 50 * time.Millisecond
	s.on("GET /sync", func(r *http.Request) answer {
		if r.URL.Query().Get("since") == "" {
			return ok(scriptInitial)
		}
		return ok(`{"next_batch":"s1"}`)
	})
	c := o.connect()
	if pause(t.Context(), 300*time.Millisecond) != nil {
		t.Fatal("test over")
	}
	c.Close()
	if n := len(s.since()); n > 12 {
		t.Errorf("asked %d times", n)
	}
}

func TestCloseEndsAll(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	c := o.connect()
	release := make(chan struct{})
	s.on("PUT /rooms/", func(r *http.Request) answer { <-release; return ok("{}") })
	defer close(release)
	sent := make(chan error, 1)
	go func() { sent <- c.Send(t.Context(), bobSays("hello")) }()
	until(t, "the message on its way", func() bool { return len(s.asked("PUT /rooms/")) == 1 })
	c.Close()
	var failed *bridge.SendError
	if err := <-sent; !errors.As(err, &failed) || !failed.Unknown {
		t.Errorf("got %v", err)
	}
	if err := c.Send(t.Context(), bobSays("hello")); !errors.As(err, &failed) || failed.Unknown {
		t.Errorf("got %v", err)
	}
	if err := c.Reach(t.Context(), addr("@bob:x")); !errors.Is(err, bridge.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// A homeserver that names nobody in a room, which it should, is asked for its state.
func TestMembersNotTold(t *testing.T) {
	s := newScript(t)
	s.initial = `{"next_batch":"s1","account_data":{"events":[{"type":"m.direct","content":{"@bob:x":["!r:x","!gone:x"]}}]},
		"rooms":{"join":{"!r:x":{},"!gone:x":{}}}}`
	s.on("GET /rooms/!r:x/state", func(r *http.Request) answer {
		if strings.HasSuffix(r.URL.Path, "/state") {
			return ok(`[7,{"type":"m.room.member","event_id":"$m2","sender":"@bob:x","state_key":"@bob:x","content":{"membership":"join","displayname":"Bob"}}]`)
		}
		return fail(404, "M_NOT_FOUND")
	})
	o := s.owner()
	o.connect()
	if e := await[bridge.ContactFound](o, nil); e.Contact.Name != "Bob" {
		t.Errorf("%+v", e)
	}
	s.news <- timelineAnswer("s2", false, textEvent("$1", "one"))
	awaitText(o, "one")
}

// What was pending and is not listed any more when we are back is gone.
func TestInviteGoneMeanwhile(t *testing.T) {
	s := newScript(t)
	invite := `{"invite_state":{"events":[{"type":"m.room.member","sender":"@eve:x","state_key":"@me:x","content":{"membership":"invite","is_direct":true}},
		{"type":"m.room.member","sender":"@eve:x","state_key":"@eve:x","content":{"membership":"join","displayname":"Eve\n"}}]}}`
	s.initial = `{"next_batch":"s1","rooms":{"invite":{"!i:x":` + invite + `,"!named:x":{"invite_state":{"events":[
		{"type":"m.room.member","sender":"@eve:x","state_key":"@me:x","content":{"membership":"invite","is_direct":true}},
		{"type":"m.room.name","sender":"@eve:x","state_key":"","content":{"name":"A room"}}]}}}}}`
	o := s.owner()
	c := o.connect()
	if e := await[bridge.Invited](o, nil); e.Contact.Name != "Eve" || e.Contact.Addr != addr("@eve:x") || !e.By.IsZero() {
		t.Errorf("%+v", e)
	}
	if e := await[bridge.Invited](o, nil); e.Contact.Name != "A room" || e.Contact.Addr != addr("!named:x") || e.By != addr("@eve:x") {
		t.Errorf("%+v", e)
	}
	c.Close()
	s.mu.Lock()
	s.initial = `{"next_batch":"s2"}`
	s.mu.Unlock()
	o.connect()
	await(o, func(e bridge.InvitationGone) bool { return e.Addr == addr("@eve:x") })
	await(o, func(e bridge.InvitationGone) bool { return e.Addr == addr("!named:x") })
}

func TestTypingRepeated(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	o.times.Repeat = 20 * time.Millisecond
	o.connect()
	s.news <- ok(`{"next_batch":"s2","rooms":{"join":{"!r:x":{"ephemeral":{"events":[{"type":"m.typing","content":{"user_ids":["@me:x","@bob:x"]}}]}}}}}`)
	for range 3 {
		await[bridge.Typing](o, nil)
	}
	s.news <- timelineAnswer("s3", false, textEvent("$1", "done"))
	awaitText(o, "done")
	o.forget()
	if pause(t.Context(), 100*time.Millisecond) != nil {
		t.Fatal("test over")
	}
	if evs := have[bridge.Typing](o); len(evs) > 1 {
		t.Errorf("still typing: %+v", evs)
	}
}

func TestReceipts(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	o.connect()
	at := time.Now().Add(-time.Minute).UnixMilli()
	s.on("GET /rooms/!r:x/event/$old", func(*http.Request) answer {
		return ok(strings.Replace(textEvent("$old", "x"), `"origin_server_ts":`, fmt.Sprintf(`"origin_server_ts":%d,"x":`, at), 1))
	})
	s.news <- ok(fmt.Sprintf(`{"next_batch":"s2","rooms":{"join":{"!r:x":{"ephemeral":{"events":[{"type":"m.receipt","content":{
		"$old":{"m.read.private":{"@me:x":{"ts":%d}}},
		"$other":{"m.read":{"@bob:x":{"ts":1}}},
		"$thread":{"m.read":{"@me:x":{"ts":2,"thread_id":"$t"}}}}}]}}}}}`, time.Now().UnixMilli()))
	e := await[bridge.ReadElsewhere](o, nil)
	if e.ID != "$old" || e.Via != "!r:x" || e.Time.UnixMilli() != at {
		t.Errorf("%+v; want the time of the event", e)
	}
	s.news <- timelineAnswer("s3", false, textEvent("$1", "one"))
	awaitText(o, "one")
	if evs := have[bridge.ReadElsewhere](o); len(evs) != 0 {
		t.Errorf("also %+v", evs)
	}
}

// A direct chat that /sync does not tell of yet is used all the same.
func TestDirectNotToldYet(t *testing.T) {
	s := newScript(t)
	s.initial = `{"next_batch":"s1"}`
	s.on("GET /user/@me:x/account_data/m.direct", func(*http.Request) answer {
		return ok(`{"@bob:x":["!left:x","!r:x"]}`)
	})
	s.on("GET /joined_rooms", func(*http.Request) answer { return ok(`{"joined_rooms":["!r:x"]}`) })
	s.on("GET /rooms/!r:x/state", func(r *http.Request) answer {
		if strings.HasSuffix(r.URL.Path, "/state") {
			return ok(`[{"type":"m.room.member","event_id":"$m2","sender":"@bob:x","state_key":"@bob:x","content":{"membership":"join"}}]`)
		}
		return fail(404, "M_NOT_FOUND")
	})
	c := s.owner().connect()
	if err := c.Send(t.Context(), outgoing("@bob:x", "hi")); err != nil {
		t.Fatal(err)
	}
	if got := s.asked("PUT /rooms/!r:x/send/"); len(got) != 1 || len(s.asked("POST /createRoom")) != 0 {
		t.Errorf("sent %q", got)
	}
}
