package bridgetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"msnbridge/bridge"
)

// Run is the conformance test that every Network must pass against a real server.
func Run(t *testing.T, h Harness) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Harness)
	}{
		{"names", testNames},
		{"close", testClose},
		{"send", testSend},
		{"long text", testLongText},
		{"receive", testReceive},
		{"emote", testEmote},
		{"absent", testAbsent},
		{"malformed", testMalformed},
		{"presence", testPresence},
		{"typing", testTyping},
		{"at once", testAtOnce},
		{"cancelled", testCancelled},
		{"rooms", testRooms},
		{"gather", testGather},
		{"read", testRead},
		{"block", testBlock},
		{"server death", testServerDeath},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, h) })
	}
}

// A link is a connected login, and perhaps a friend.
type link struct {
	bridge.Conn
	h      Harness
	login  bridge.Login
	friend Friend
	tape   *Tape
}

// connected connects a new login that has a friend. It is closed after the test.
func connected(t *testing.T, h Harness) *link {
	t.Helper()
	login := h.Login(t)
	friend := h.Friend(t, login)
	return connectLogin(t, h, login, friend)
}

func connectLogin(t *testing.T, h Harness, login bridge.Login, friend Friend) *link {
	t.Helper()
	if err := h.Network().Check(maps.Clone(login.Keys), login.Secret); err != nil {
		t.Fatalf("check: %v", err)
	}
	l := &link{h: h, login: login, friend: friend, tape: NewTape()}
	var err error
	if l.Conn, err = h.Network().Connect(timeout(t), login, l.tape.Emit); err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// timeout is a context for one call.
func timeout(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 45*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// say sends a text to the friend, which must be confirmed.
func (l *link) say(t *testing.T, id, text string) {
	t.Helper()
	err := l.Send(timeout(t), bridge.Message{ID: id, Chat: l.friend.Addr(), Text: text})
	if err != nil {
		t.Fatalf("send %q: %v", text, err)
	}
}

// key is our own key of an outbound message; no two of a run are the same.
func key(n int) string { return fmt.Sprintf("key-%d-%d", time.Now().UnixNano(), n) }

// testNames: Join is the inverse of Split.
func testNames(t *testing.T, h Harness) {
	n := h.Network()
	for _, id := range h.Features().IDs {
		local, domain, ok := n.Split(id)
		if !ok {
			t.Errorf("%q cannot be split", id)
			continue
		}
		if n.Domain() != "" && domain != n.Domain() {
			t.Errorf("%q has the domain %q", id, domain)
		}
		again, err := n.Join(local, domain)
		if err != nil || again != id {
			t.Errorf("%q is %q at %q, which is %q: %v", id, local, domain, again, err)
		}
	}
}

// testClose: Close ends all goroutines, closes Done, is no error and may be
// repeated; nothing works after it, and nothing hangs.
func testClose(t *testing.T, h Harness) {
	login := h.Login(t)
	friend := h.Friend(t, login)
	before := goleak.IgnoreCurrent()
	l := connectLogin(t, h, login, friend)
	if err := l.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	select {
	case <-l.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("Done is not closed after Close")
	}
	if err := l.Err(); err != nil {
		t.Errorf("Err is %v after Close", err)
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	if err := l.Send(timeout(t), bridge.Message{ID: key(0), Chat: friend.Addr(), Text: "late"}); err == nil {
		t.Error("a message was sent after Close")
	}
}

// testSend: texts arrive in the order in which they were sent, and unchanged.
func testSend(t *testing.T, h Harness) {
	l := connected(t, h)
	texts := []string{"one", "two: ä€😀", ":three", "  four", "/five", "six\tis it", "100% of <b>seven</b> & `more`"}
	for i, text := range texts {
		l.say(t, key(i), text)
	}
	for _, want := range texts {
		got, emote := l.friend.Hear(t)
		if strings.TrimSpace(strings.ReplaceAll(got, "\t", " ")) != strings.TrimSpace(strings.ReplaceAll(want, "\t", " ")) || emote {
			t.Errorf("%q arrived as %q", want, got)
		}
	}
}

// testLongText: a text of many words and lines arrives whole, in one piece or in
// several.
func testLongText(t *testing.T, h Harness) {
	l := connected(t, h)
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, "wörd%d", i)
		b.WriteString([]string{" ", "\n"}[i%100/99])
	}
	text := strings.TrimSpace(b.String())
	l.say(t, key(0), text)
	var got []string
	for len(got) < 300 {
		part, _ := l.friend.Hear(t)
		got = append(got, strings.Fields(part)...)
	}
	if strings.Join(got, " ") != strings.Join(strings.Fields(text), " ") {
		t.Errorf("arrived as %q", got)
	}
}

// testReceive: texts come in order, from the right person, with a sensible time.
func testReceive(t *testing.T, h Harness) {
	l := connected(t, h)
	start := time.Now()
	seen := map[string]bool{}
	for i := range 10 {
		want := fmt.Sprintf("number %d äöü", i)
		l.friend.Say(t, want, false)
		m := Next[bridge.MessageReceived](t, l.tape, nil).Message
		switch {
		case m.Text != want || m.Chat != l.friend.Addr() || m.From != l.friend.Addr() || m.Own || m.Emote:
			t.Fatalf("%q came as %+v", want, m)
		case m.Time.Before(start.Add(-time.Minute)) || m.Time.After(time.Now().Add(time.Minute)):
			t.Errorf("said at %v", m.Time)
		case m.ID != "" && seen[m.ID]:
			t.Errorf("ID %q twice", m.ID)
		}
		seen[m.ID] = true
	}
}

func testEmote(t *testing.T, h Harness) {
	if !h.Features().Emote {
		t.Skip("the network has none")
	}
	l := connected(t, h)
	l.friend.Say(t, "waves", true)
	if m := Next[bridge.MessageReceived](t, l.tape, nil).Message; !m.Emote || m.Text != "waves" {
		t.Errorf("came as %+v", m)
	}
	err := l.Send(timeout(t), bridge.Message{ID: key(0), Chat: l.friend.Addr(), Text: "waves back", Emote: true})
	if err != nil {
		t.Fatal(err)
	}
	if got, emote := l.friend.Hear(t); got != "waves back" || !emote {
		t.Errorf("arrived as %q, emote %v", got, emote)
	}
}

// testAbsent: nobody is reached where there is nobody, and what is sent there is
// refused, not unknown.
func testAbsent(t *testing.T, h Harness) {
	l := connected(t, h)
	for _, a := range h.Features().Absent {
		if err := l.Reach(timeout(t), a); !errors.Is(err, bridge.ErrNoSuchPerson) {
			t.Errorf("reach %v: %v", a, err)
		}
		err := l.Send(timeout(t), bridge.Message{ID: key(0), Chat: a, Text: "anybody?"})
		failure, ok := errors.AsType[*bridge.SendError](err)
		if !ok || failure.Unknown || failure.Sent != 0 {
			t.Errorf("send to %v: %v", a, err)
		}
	}
	if err := l.Reach(timeout(t), l.friend.Addr()); err != nil {
		t.Errorf("reach the friend: %v", err)
	}
	l.say(t, key(1), "still here")
	if got, _ := l.friend.Hear(t); got != "still here" {
		t.Errorf("the friend got %q", got)
	}
}

// testMalformed: what nobody can be called is refused everywhere, and harms nothing.
func testMalformed(t *testing.T, h Harness) {
	l := connected(t, h)
	n := h.Network()
	domain := n.Domain()
	if _, d, ok := n.Split(l.friend.Addr().ID); ok {
		domain = d
	}
	for _, local := range append(h.Features().Malformed, "", "\r\n", "a\x00b") {
		if id, err := n.Join(local, domain); err == nil {
			t.Errorf("%q at %q became %q", local, domain, id)
		}
		a := bridge.Addr{Network: n.Name(), ID: local}
		if _, err := l.AddContact(timeout(t), a); err == nil {
			t.Errorf("%q was added", local)
		}
		if err := l.Reach(timeout(t), a); err == nil {
			t.Errorf("%q was reached", local)
		}
		if err := l.Send(timeout(t), bridge.Message{ID: key(0), Chat: a, Text: "x"}); err == nil {
			t.Errorf("%q was sent to", local)
		}
		if err := l.Watch(timeout(t), []bridge.Addr{a, l.friend.Addr()}); err != nil {
			t.Errorf("watch %q: %v", local, err)
		}
	}
	l.say(t, key(1), "still here")
	if got, _ := l.friend.Hear(t); got != "still here" {
		t.Errorf("the friend got %q", got)
	}
}

// testPresence: a watched person comes, is away, goes, and comes again.
func testPresence(t *testing.T, h Harness) {
	l := connected(t, h)
	if err := l.Watch(timeout(t), append(h.Features().Absent, l.friend.Addr())); err != nil {
		t.Fatal(err)
	}
	is := func(s bridge.State) {
		t.Helper()
		Next(t, l.tape, func(p bridge.PresenceChanged) bool {
			return p.Addr == l.friend.Addr() && p.Presence.State == s
		})
	}
	is(bridge.Online)
	if h.Features().Away {
		l.friend.Be(t, bridge.Away)
		is(bridge.Away)
		l.friend.Be(t, bridge.Online)
		is(bridge.Online)
	}
	l.friend.Be(t, bridge.Offline)
	is(bridge.Offline)
	l.friend.Be(t, bridge.Online)
	is(bridge.Online)
}

func testTyping(t *testing.T, h Harness) {
	l := connected(t, h)
	if !h.Features().Typing {
		if err := l.SetTyping(timeout(t), l.friend.Addr(), true); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			t.Error(err)
		}
		t.Skip("the network has none")
	}
	l.friend.Type(t)
	Next(t, l.tape, func(ev bridge.Typing) bool { return ev.From == l.friend.Addr() && ev.Chat == l.friend.Addr() })
	if err := l.SetTyping(timeout(t), l.friend.Addr(), true); err != nil {
		t.Fatal(err)
	}
	l.friend.SeesTyping(t)
	if err := l.SetTyping(timeout(t), l.friend.Addr(), false); err != nil {
		t.Error(err)
	}
}

// testAtOnce: the methods may be called from several goroutines.
func testAtOnce(t *testing.T, h Harness) {
	l := connected(t, h)
	var calls sync.WaitGroup
	for i := range 5 {
		calls.Go(func() {
			if err := l.Send(timeout(t), bridge.Message{ID: key(i), Chat: l.friend.Addr(), Text: "at once"}); err != nil {
				t.Errorf("send: %v", err)
			}
		})
		calls.Go(func() {
			states := []bridge.State{bridge.Online, bridge.Away, bridge.Hidden, bridge.Busy, bridge.Online}
			if err := l.SetPresence(timeout(t), bridge.Presence{State: states[i]}); err != nil {
				t.Errorf("presence: %v", err)
			}
			if err := l.Watch(timeout(t), []bridge.Addr{l.friend.Addr()}); err != nil {
				t.Errorf("watch: %v", err)
			}
			if err := l.Reach(timeout(t), l.friend.Addr()); err != nil {
				t.Errorf("reach: %v", err)
			}
			_ = l.Status()
		})
	}
	calls.Wait()
	for range 5 {
		l.friend.Hear(t)
	}
}

// testCancelled: a call whose context has ended returns, and the connection lives.
func testCancelled(t *testing.T, h Harness) {
	l := connected(t, h)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		l.Send(ctx, bridge.Message{ID: key(0), Chat: l.friend.Addr(), Text: "never mind"})
		l.Reach(ctx, l.friend.Addr())
		l.SetTyping(ctx, l.friend.Addr(), true)
	}()
	select {
	case <-returned:
	case <-time.After(10 * time.Second):
		t.Fatal("a cancelled call does not return")
	}
	l.say(t, key(1), "last")
	for got := ""; got != "last"; {
		got, _ = l.friend.Hear(t)
	}
	if _, err := h.Network().Connect(ctx, h.Login(t), NewTape().Emit); err == nil {
		t.Error("connected with a context that had ended")
	}
}

// testServerDeath: a connection ends with its server, and another can be made
// when that is back.
func testServerDeath(t *testing.T, h Harness) {
	f := h.Features()
	if f.Stop == nil {
		t.Skip("the harness cannot do that")
	}
	l := connected(t, h)
	f.Stop(t)
	select {
	case <-l.Done():
	case <-time.After(patience):
		t.Fatal("Done is not closed though the server has died")
	}
	if l.Err() == nil {
		t.Error("no error")
	}
	if _, ok := errors.AsType[*bridge.RejectedError](l.Err()); ok {
		t.Errorf("a death is no rejection: %v", l.Err())
	}
	if err := l.Send(timeout(t), bridge.Message{ID: key(0), Chat: l.friend.Addr(), Text: "late"}); err == nil {
		t.Error("a message was sent though the server has died")
	}
	if _, err := h.Network().Connect(timeout(t), l.login, l.tape.Emit); err == nil {
		t.Error("connected though the server has died")
	}
	f.Start(t)
	friend := h.Friend(t, l.login)
	again := connectLogin(t, h, l.login, friend)
	again.say(t, key(1), "back again")
	if got, _ := friend.Hear(t); got != "back again" {
		t.Errorf("the friend got %q", got)
	}
}
