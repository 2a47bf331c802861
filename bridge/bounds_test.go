package bridge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

// flood has n messages come at once, from the person that from names.
func (r *rig) flood(n int, from func(i int) string) {
	r.t.Helper()
	evs := make([]bridge.Event, n)
	for i := range evs {
		who := r.net.Addr(from(i))
		evs[i] = bridge.MessageReceived{Message: bridge.Message{Chat: who, From: who, Text: fmt.Sprint(i), Time: time.Now()}}
	}
	if err := r.net.Emit(r.ctx, "alice@msn.test", nil, evs...); err != nil {
		r.t.Fatal(err)
	}
}

// Of what waits too long the oldest is forgotten, and a line says so.
func TestTooManyWait(t *testing.T) {
	r := bridged(t)
	for range 2 {
		r.flood(bridge.MostWaiting, func(int) string { return "bob" })
	}
	r.flood(1, func(int) string { return "carol" })
	r.restart()
	r.connected("alice@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	w := newWindow()
	alice.wait("ring bob@net.test").(bridge.Ring).Chat.Attach(w)
	last := "late: " + fmt.Sprint(bridge.MostWaiting-1)
	got := w.until(r, func(lines []string) bool { return slices.Contains(lines, last) })
	if got[0] != "late: "+bridge.ShedText || len(got) > bridge.MostWaiting || len(got) < bridge.MostWaiting*9/10 {
		t.Errorf("%d lines are shown, first %q", len(got), got[0])
	}
	if i := slices.Index(got[1:], "late: "+bridge.ShedText); i >= 0 {
		t.Errorf("line %d says so again", i+1)
	}
	for i, line := range got[1:] {
		want := fmt.Sprintf("late: %d", bridge.MostWaiting-len(got)+1+i)
		if line != want {
			t.Fatalf("line %d is %q, want %q", i+1, line, want)
		}
	}
}

// Strangers who have to be allowed fill the reverse list only so far.
func TestTooManyStrangers(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	change(alice, func(done func(uint32, error)) { alice.SetAllowedOnly(true, done) })
	r.flood(bridge.MostStrangers+10, func(i int) string { return fmt.Sprintf("s%d", i) })
	ring := alice.wait("ring gateway@msn.test").(bridge.Ring)
	if got := alice.list(bridge.RL); len(got) != bridge.MostStrangers+1 { // and the service contact
		t.Errorf("RL has %d entries", len(got))
	}
	w := newWindow()
	ring.Chat.Attach(w)
	got := w.until(r, func(lines []string) bool { return len(lines) > 0 })
	if len(got) != 1 || !strings.Contains(got[0], "no more are taken") {
		t.Errorf("the user is told %q", got)
	}
	invite := bridge.Invited{Contact: bridge.Contact{Addr: r.net.Addr("inviter")}}
	if err := r.net.Emit(r.ctx, "alice@msn.test", nil, invite); err != nil {
		t.Fatal(err)
	}
	if got := alice.list(bridge.RL); slices.Contains(got, "inviter@net.test") {
		t.Error("one more on RL")
	}
	alice.mustAdd(bridge.BL, "s0@net.test") // makes room
	r.say("alice@msn.test", "late", "hello")
	alice.wait("+RL late@net.test")
}

// Conversations that are over are forgotten, the oldest first, but work again.
func TestTooManyChats(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	first, err := alice.open("bob@net.test")
	if err != nil {
		t.Fatal(err)
	}
	for i := range bridge.MostChats + 20 {
		who := fmt.Sprintf("p%d", i)
		r.net.AddPerson(who, who, bridge.Presence{})
		if _, err := alice.open(who + "@net.test"); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := r.Chats(r.ctx, "alice@msn.test"); n != bridge.MostChats || err != nil {
		t.Errorf("%d conversations are remembered, %v", n, err)
	}
	w := newWindow()
	first.Attach(w)
	r.say("alice@msn.test", "bob", "hello")
	w.wait(r, "hello")
	if err := send(r, first, "hello"); err != nil {
		t.Error(err)
	}
}

// No more than so many messages of one conversation are on their way out.
func TestTooManyOutgoing(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	chat, err := alice.open("bob@net.test")
	if err != nil {
		t.Fatal(err)
	}
	r.net.Disconnect("alice@msn.test", &bridge.RejectedError{Reason: "go away"})
	refused := make(chan error, bridge.MostOutgoing+10)
	for range bridge.MostOutgoing + 10 {
		chat.Send("x", bridge.Format{}, func(err error) bool { refused <- err; return true })
	}
	for range 10 {
		select {
		case err := <-refused:
			if !strings.Contains(err.Error(), "too many") {
				t.Errorf("outcome %v", err)
			}
		case <-r.ctx.Done():
			t.Fatal("nothing is refused")
		}
	}
}

// When very much waits, strangers are refused, but not those on a list.
func TestTooMuchWaits(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Hidden)
	alice.mustAdd(bridge.AL, "bob@net.test")
	r.flood(bridge.MostWaitingInAll+5, func(i int) string { return fmt.Sprintf("s%d", i/100) })
	r.say("alice@msn.test", "stranger", "hello")
	r.say("alice@msn.test", "bob", "hello")
	if n, err := r.Waiting(r.ctx, "alice@msn.test"); n != bridge.MostWaitingInAll+2 || err != nil { // bob's, and what the user is told
		t.Errorf("%d messages wait, %v", n, err)
	}
}
