package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// bridged is a rig with alice linked and bob out there.
func bridged(t *testing.T) *rig { return bridgedFor(t, 0) }

// bridgedFor is bridged with rings that expire.
func bridgedFor(t *testing.T, ring time.Duration) *rig {
	r := (&rig{t: t, dir: t.TempDir(), at: "net.test", ring: ring}).begin("alice@msn.test")
	r.login("alice@msn.test")
	r.net.AddPerson("bob", "Bob", bridge.Presence{State: bridge.Online})
	return r
}

func TestMessageRingsAndIsShownOnce(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	r.say("alice@msn.test", "bob", "one")
	ring := alice.wait("ring bob@net.test").(bridge.Ring)
	r.say("alice@msn.test", "bob", "two")
	w := newWindow()
	ring.Chat.Attach(w)
	w.wait(r, "one", "two")
	r.say("alice@msn.test", "bob", "three")
	w.wait(r, "one", "two", "three")
	if got := alice.settled(); slices.Contains(got, "ring bob@net.test") {
		t.Errorf("rang again: %q", got)
	}
	ring.Chat.Detach(w)
	r.restart()
	alice = r.signIn("alice@msn.test", bridge.Online)
	if got := alice.settled(); len(got) > 0 {
		t.Errorf("shown messages came again: %q", got)
	}
}

// What came while nobody was signed in, or hidden, waits over a restart, rings
// after the first visible state and is marked as late.
func TestWaitingMessages(t *testing.T) {
	r := bridged(t)
	r.say("alice@msn.test", "bob", "one")
	r.restart()
	r.connected("alice@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Hidden)
	m := bridge.Message{ID: "after the restart", Chat: r.net.Addr("bob"), From: r.net.Addr("bob"), Text: "two", Time: time.Now()}
	if err := r.net.Emit(r.ctx, "alice@msn.test", nil, bridge.MessageReceived{Message: m}); err != nil {
		t.Fatal(err)
	}
	if got := alice.settled(); len(got) > 0 {
		t.Errorf("hidden: %q", got)
	}
	alice.state(bridge.Online)
	w := newWindow()
	alice.wait("ring bob@net.test").(bridge.Ring).Chat.Attach(w)
	w.wait(r, "late: one", "late: two")
}

func TestSameMessageTwice(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	m := bridge.Message{ID: "m1", Chat: r.net.Addr("bob"), From: r.net.Addr("bob"), Text: "once", Time: time.Now()}
	again := m
	again.Text = "twice"
	other := m
	other.ID, other.Text = "", "no ID"
	for _, m := range []bridge.Message{m, again, other, other} {
		if err := r.net.Emit(r.ctx, "alice@msn.test", nil, bridge.MessageReceived{Message: m}); err != nil {
			t.Fatal(err)
		}
	}
	w := newWindow()
	alice.wait("ring bob@net.test").(bridge.Ring).Chat.Attach(w)
	w.wait(r, "once", "no ID", "no ID")
}

// At most five conversations ring at a time, the oldest first; when one is
// answered the next rings.
func TestAtMostFiveRing(t *testing.T) {
	r := bridgedFor(t, 2*time.Second)
	for i := range 7 {
		r.say("alice@msn.test", fmt.Sprintf("p%d", i), "hello")
	}
	alice := r.signIn("alice@msn.test", bridge.Online)
	var rings []bridge.Ring
	for i := range 5 {
		rings = append(rings, alice.wait(fmt.Sprintf("ring p%d@net.test", i)).(bridge.Ring))
	}
	if got := alice.settled(); len(got) > 0 {
		t.Errorf("a sixth rang: %q", got)
	}
	rings[0].Chat.Attach(newWindow())
	alice.wait("ring p5@net.test")
	alice.wait("ring p6@net.test") // when the others have expired
}

// A ring that nobody answers expires; the next message rings again.
func TestRingExpires(t *testing.T) {
	r := bridgedFor(t, 200*time.Millisecond)
	alice := r.signIn("alice@msn.test", bridge.Online)
	r.say("alice@msn.test", "bob", "one")
	alice.wait("ring bob@net.test")
	time.Sleep(300 * time.Millisecond)
	if got := alice.settled(); len(got) > 0 {
		t.Errorf("rang by itself: %q", got)
	}
	r.say("alice@msn.test", "bob", "two")
	alice.wait("ring bob@net.test")
	alice = r.signIn("alice@msn.test", bridge.Online)
	w := newWindow()
	alice.wait("ring bob@net.test").(bridge.Ring).Chat.Attach(w)
	w.wait(r, "one", "two")
}

// A message whose window goes before it was written waits for the next.
func TestWindowGoesBeforeShowing(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	r.say("alice@msn.test", "bob", "one")
	ring := alice.wait("ring bob@net.test").(bridge.Ring)
	broken := newWindow()
	broken.fail = errors.New("gone")
	ring.Chat.Attach(broken)
	broken.wait(r, "one")
	ring.Chat.Detach(broken)
	w := newWindow()
	alice.wait("ring bob@net.test").(bridge.Ring).Chat.Attach(w)
	w.wait(r, "one")
	alice.turn(func() {}) // by now it counts as shown
	newer := newWindow()
	ring.Chat.Attach(newer)
	w.wait(r, "one", "replaced")
	r.say("alice@msn.test", "bob", "two")
	newer.wait(r, "two")
}

func TestBlockedAndStrangers(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	alice.mustAdd(bridge.BL, "bob@net.test")
	r.say("alice@msn.test", "bob", "spam")
	if got := alice.settled(); len(got) > 0 {
		t.Errorf("blocked: %q", got)
	}
	if _, err := alice.open("bob@net.test"); err != bridge.ErrBlocked {
		t.Errorf("open: %v", err)
	}
	change(alice, func(done func(uint32, error)) { alice.SetAllowedOnly(true, done) })
	r.say("alice@msn.test", "carol", "hello")
	alice.wait("+RL carol@net.test")
	if got := alice.settled(); len(got) > 0 {
		t.Errorf("not allowed yet: %q", got)
	}
	alice.mustAdd(bridge.AL, "carol@net.test")
	w := newWindow()
	alice.wait("ring carol@net.test").(bridge.Ring).Chat.Attach(w)
	w.wait(r, "hello")
}

func TestReadElsewhere(t *testing.T) {
	r := bridged(t)
	var ms []bridge.Message
	for _, text := range []string{"one", "two", "three"} {
		m, err := r.net.Say(r.ctx, "alice@msn.test", "bob", text)
		if err != nil {
			t.Fatal(err)
		}
		ms = append(ms, m)
	}
	bob := r.net.Addr("bob")
	own := ms[0]
	own.ID, own.Own, own.Text = "own", true, "said elsewhere"
	err := r.net.Emit(r.ctx, "alice@msn.test", []byte("pos"), bridge.ReadElsewhere{Chat: bob, ID: ms[1].ID}, bridge.MessageReceived{Message: own})
	if err != nil {
		t.Fatal(err)
	}
	alice := r.signIn("alice@msn.test", bridge.Online)
	w := newWindow()
	alice.wait("ring bob@net.test").(bridge.Ring).Chat.Attach(w)
	w.wait(r, "late: three")
	r.net.Emit(r.ctx, "alice@msn.test", nil, bridge.MessageReceived{Message: own},
		bridge.Remark{Chat: bob, Text: "bob is now bobby"}, bridge.Typing{Chat: bob, From: bob})
	w.wait(r, "late: three", "own: said elsewhere", "bob is now bobby", "typing: Bob")
	r.restart()
	if c, err := r.net.WaitConn(r.ctx, "alice@msn.test"); err != nil || string(c.Login().Position) != "pos" {
		t.Errorf("position %q, %v", c.Login().Position, err)
	}
}

// send sends a text and waits for the outcome.
func send(r *rig, c *bridge.Chat, text string) error {
	got := make(chan error, 1)
	c.Send(text, bridge.Format{}, func(err error) bool { got <- err; return true })
	select {
	case err := <-got:
		return err
	case <-r.ctx.Done():
		r.t.Fatal("no outcome")
		return nil
	}
}

func TestSend(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	if _, err := alice.open("nobody@net.test"); err != bridge.ErrNotOnline {
		t.Errorf("open nobody: %v", err)
	}
	chat, err := alice.open("bob@net.test")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if err := send(r, chat, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	for i, m := range r.net.Sent("alice@msn.test") {
		if m.Text != fmt.Sprint(i) || m.ID == "" || m.Retry {
			t.Errorf("message %d: %+v", i, m)
		}
	}
	r.net.OnSend(bridgetest.Refuse("no entry"))
	var se *bridge.SendError
	if err := send(r, chat, "x"); !errors.As(err, &se) || se.Unknown || se.Reason != "no entry" {
		t.Errorf("refused: %v", err)
	}
	r.net.OnSend(bridgetest.Unknown(1, 3))
	if err := send(r, chat, "x"); !errors.As(err, &se) || !se.Unknown || se.Sent != 1 {
		t.Errorf("unknown: %v", err)
	}
}

// What was not sent because the connection ended is sent by the next one, as new.
func TestSendAcrossReconnect(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	chat, err := alice.open("bob@net.test")
	if err != nil {
		t.Fatal(err)
	}
	var tries []bridge.Message
	r.net.OnSend(func(ctx context.Context, account string, m bridge.Message) error {
		if tries = append(tries, m); len(tries) > 1 {
			return nil
		}
		r.net.Disconnect(account, errors.New("lost"))
		<-ctx.Done()
		return &bridge.SendError{Reason: "away", Err: bridge.ErrClosed}
	})
	if err := send(r, chat, "hello"); err != nil {
		t.Fatal(err)
	}
	if len(tries) != 2 || tries[1].Retry || tries[1].ID != tries[0].ID {
		t.Errorf("tried %+v", tries)
	}
}

// A command is carried out in its turn among the texts that were typed at once.
func TestSendOrder(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	chat, err := alice.open("bob@net.test")
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 100)
	r.net.OnSend(func(_ context.Context, _ string, m bridge.Message) error { got <- m.Command + m.Text; return nil })
	for i := range 50 {
		chat.Send(fmt.Sprint(i), bridge.Format{}, func(error) bool { return true })
		chat.Send("/x "+fmt.Sprint(i), bridge.Format{}, func(error) bool { return true })
	}
	for i := range 100 {
		want := fmt.Sprint(i / 2)
		if i%2 == 1 {
			want = "x" + want
		}
		if text := <-got; text != want {
			t.Fatalf("number %d is %q, want %q", i, text, want)
		}
	}
}

// A connection that is lost may take its time to end: the next one is asked then.
func TestSendWaitsForTheEnd(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	chat, err := alice.open("bob@net.test")
	if err != nil {
		t.Fatal(err)
	}
	first := true
	r.net.OnSend(func(_ context.Context, account string, m bridge.Message) error {
		if !first {
			return nil
		}
		first = false
		time.AfterFunc(1500*time.Millisecond, func() { r.net.Disconnect(account, errors.New("lost")) })
		return &bridge.SendError{Err: fmt.Errorf("write: %w", bridge.ErrClosed)}
	})
	if err := send(r, chat, "hello"); err != nil {
		t.Error(err)
	}
}

// How much of a text went out before its connection was lost is told, also if the
// next one knows nothing of it.
func TestSendPartlyAcrossReconnect(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	chat, err := alice.open("bob@net.test")
	if err != nil {
		t.Fatal(err)
	}
	r.net.OnSend(func(ctx context.Context, account string, m bridge.Message) error {
		if m.Retry {
			return &bridge.SendError{Unknown: true}
		}
		r.net.Disconnect(account, errors.New("lost"))
		return &bridge.SendError{Unknown: true, Sent: 2, Parts: 5, Err: bridge.ErrClosed}
	})
	var failure *bridge.SendError
	if err := send(r, chat, "long"); !errors.As(err, &failure) || !failure.Unknown || failure.Sent != 2 || failure.Parts != 5 {
		t.Errorf("%v", err)
	}
}

// If the writer's window has gone, the failure waits as a message.
func TestSendFailsWithoutWindow(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	chat, err := alice.open("bob@net.test")
	if err != nil {
		t.Fatal(err)
	}
	r.net.OnSend(bridgetest.Refuse("no entry"))
	chat.Send("hello", bridge.Format{}, func(error) bool { return false })
	w := newWindow()
	alice.wait("ring bob@net.test").(bridge.Ring).Chat.Attach(w)
	w.wait(r, "(not delivered, no entry: hello)")
}

// What was under way when the service ended is tried again, marked as such; the
// scripted network then says that it cannot know, and the writer is told.
func TestSendAcrossRestart(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	chat, err := alice.open("bob@net.test")
	if err != nil {
		t.Fatal(err)
	}
	r.net.OnSend(bridgetest.Hang)
	told := make(chan error, 1)
	chat.Send("hello", bridge.Format{}, func(err error) bool { told <- err; return true })
	first, err := r.net.WaitCall(r.ctx, "Send", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.restart()
	if err := <-told; err == nil {
		t.Error("the writer is told that it was delivered")
	}
	c, err := r.net.WaitCall(r.ctx, "Send", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Message.Retry || c.Message.ID != first.Message.ID || c.Message.Text != "hello" {
		t.Errorf("sent again: %+v", c.Message)
	}
	alice = r.signIn("alice@msn.test", bridge.Online)
	w := newWindow()
	alice.wait("ring bob@net.test").(bridge.Ring).Chat.Attach(w)
	for len(w.all()) == 0 && r.ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	if got := w.all(); len(got) != 1 || !strings.Contains(got[0], "(perhaps not delivered: hello)") {
		t.Errorf("window: %q", got)
	}
}

// A login that fails is tried again; one that is rejected is not.
func TestReconnect(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	tries := 0
	r.net.OnConnect(func(context.Context, bridge.Login) error {
		if tries++; tries == 1 {
			return errors.New("no route")
		}
		return &bridge.RejectedError{Reason: "wrong password"}
	})
	if err := r.AddLogin(r.ctx, "alice@msn.test", "net", nil, "x"); err != nil {
		t.Fatal(err)
	}
	s, err := r.WaitLogin(r.ctx, "alice@msn.test", "net")
	if err != nil || s.Connected || s.Reason != "no route" || s.Next.IsZero() {
		t.Errorf("first: %+v, %v", s, err)
	}
	for s.Reason != "wrong password" && r.ctx.Err() == nil {
		ls, err := r.Logins(r.ctx, "alice@msn.test")
		if err != nil {
			t.Fatal(err)
		}
		s = ls[0]
	}
	if !s.Next.IsZero() {
		t.Errorf("rejected, but tried again at %v", s.Next)
	}
	if err := r.AddLogin(r.ctx, "alice@msn.test", "nowhere", nil, ""); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("unknown network: %v", err)
	}
}

// A network that asks to be left alone for a while is.
func TestReconnectLater(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.net.OnConnect(func(context.Context, bridge.Login) error {
		return fmt.Errorf("register: %w", &bridge.LaterError{Wait: time.Hour, Err: errors.New("throttled")})
	})
	if err := r.AddLogin(r.ctx, "alice@msn.test", "net", nil, "x"); err != nil {
		t.Fatal(err)
	}
	s, err := r.WaitLogin(r.ctx, "alice@msn.test", "net")
	if err != nil || s.Connected || time.Until(s.Next) < 50*time.Minute || !strings.Contains(s.Reason, "throttled") {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestServiceCommands(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	chat, err := alice.open("gateway@msn.test")
	if err != nil {
		t.Fatal(err)
	}
	w := newWindow()
	chat.Attach(w)
	lines := 0
	ask := func(text string, want ...string) {
		t.Helper()
		if err := send(r, chat, text); err != nil {
			t.Fatal(err)
		}
		lines++
		for len(w.all()) < lines && r.ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		got := w.all()[lines-1]
		for _, s := range want {
			if !strings.Contains(got, s) {
				t.Errorf("%s: %q, want %q", text, got, s)
			}
		}
		if strings.Contains(got, "hunter2") {
			t.Errorf("%s: the secret is echoed: %q", text, got)
		}
	}
	ask("help", "status", "whoami", "net")
	ask("whoami", "alice@msn.test")
	ask("status", "no logins")
	ask("nonsense password=hunter2", "do not know")
	ask("login nowhere password=hunter2", "Not linked", "Networks: net")
	ask("LOGIN net nick=alice password=hunter2", "Linked. net: connected since")
	if c := r.net.Conn("alice@msn.test"); c == nil || c.Login().Keys["nick"] != "alice" || c.Login().Secret.Reveal() != "hunter2" {
		t.Error("the login is not what was typed")
	}
	ask("status", "net: connected since")
	ask("logout net", "removed")
	ask("status", "no logins")
}

// Leaving HDN rings too, and rings again what nobody has answered; a session that
// is closed and another that signs in do so as well.
func TestRingsAgain(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	r.say("alice@msn.test", "bob", "one")
	alice.wait("ring bob@net.test")
	alice.state(bridge.Hidden)
	alice.state(bridge.Online)
	alice.wait("ring bob@net.test")
	alice.Close()
	alice = r.signIn("alice@msn.test", bridge.Offline)
	if got := alice.settled(); len(got) > 0 {
		t.Errorf("before the first state: %q", got)
	}
	alice.state(bridge.Away)
	alice.wait("ring bob@net.test")
}

// A message that does not get through and whose writer has gone survives a crash
// of the window, and what is blocked meanwhile is dropped.
func TestBlockingDropsWhatWaits(t *testing.T) {
	r := bridged(t)
	r.say("alice@msn.test", "bob", "one")
	alice := r.signIn("alice@msn.test", bridge.Online)
	chat := alice.wait("ring bob@net.test").(bridge.Ring).Chat
	alice.mustAdd(bridge.BL, "bob@net.test")
	if _, err := alice.remove(bridge.BL, "bob@net.test"); err != nil {
		t.Fatal(err)
	}
	w := newWindow()
	chat.Attach(w)
	r.say("alice@msn.test", "bob", "two")
	w.wait(r, "two")
}
