package e2e

import (
	"bytes"
	"testing"

	"msnbridge/msn/client"
)

// pair are two users who have each other on their lists.
func pair(t *testing.T, d *daemon) (a, b *user) {
	t.Helper()
	a, b = d.signIn(d.account("anna")), d.signIn(d.account("bob"))
	a.befriend(b.Handle())
	b.befriend(a.Handle())
	a.awaitState(b.Handle(), client.Online)
	b.awaitState(a.Handle(), client.Online)
	return a, b
}

func TestLocalPresence(t *testing.T) {
	t.Parallel()
	d := start(t)
	a, b := pair(t, d)
	next(b.inbox, func(l client.ListChanged) bool { return l.List == client.Reverse && l.Entry.Handle == a.Handle() })
	for _, s := range []client.State{client.Busy, client.Idle, client.BeRightBack, client.Away, client.OnPhone, client.OutToLunch} {
		a.show(s)
		b.awaitState(a.Handle(), s)
	}
	a.show(client.Hidden)
	b.awaitState(a.Handle(), client.Offline)
	b.callFails(a.Handle(), 217)
	_, err := a.Open(bounded(t))
	a.wantCode("XFR while hidden", err, 913)
	b.show(client.Away)
	a.awaitState(b.Handle(), client.Away) // who is hidden still sees
	a.show(client.Online)
	b.awaitState(a.Handle(), client.Online)
	a.Close()
	b.awaitState(a.Handle(), client.Offline)
}

func TestLocalConversation(t *testing.T) {
	t.Parallel()
	d := start(t)
	a, b := pair(t, d)
	w, v := a.meet(b)
	raw := []byte("MIME-Version: 1.0\r\nContent-Type: application/x-own\r\nX: \x00\xff\r\n\r\n\x00\r\n\xfe " + marker)
	if _, err := w.Send(bounded(t), client.Acknowledged, raw); err != nil {
		t.Fatal(err)
	}
	if m := next[client.Message](v.inbox, nil); !bytes.Equal(m.Raw, raw) || m.From != a.Handle() {
		t.Errorf("relayed %q of %s", m.Raw, m.From)
	}
	if err := v.SendTyping(bounded(t)); err != nil {
		t.Fatal(err)
	}
	next(w.inbox, func(ty client.Typing) bool { return ty.Handle == b.Handle() })

	c := d.signIn(d.account("carol"))
	if err := w.Invite(bounded(t), c.Handle()); err != nil {
		t.Fatal(err)
	}
	u := c.answer(a.Handle())
	if n := len(u.Participants()); n != 2 {
		t.Errorf("carol sees %d others", n)
	}
	u.say(words("hello all"))
	v.hear(words("hello all"))
	w.hear(words("hello all"))

	v.Close()
	next(w.inbox, func(l client.Left) bool { return l.Handle == b.Handle() })
	u.Close()
	next(w.inbox, func(l client.Left) bool { return l.Handle == c.Handle() })
	if err := w.SendText(bounded(t), words("nobody")); err != client.ErrNotDelivered {
		t.Errorf("to nobody: %v", err)
	}
}

func TestLocalBlocked(t *testing.T) {
	t.Parallel()
	d := start(t)
	a, b := pair(t, d)
	a.remove(client.Allow, b.Handle())
	a.add(client.Block, b.Handle())
	b.awaitState(a.Handle(), client.Offline)
	b.callFails(a.Handle(), 216)
	b.show(client.Busy)
	a.awaitState(b.Handle(), client.Busy) // who blocks still sees
	a.remove(client.Block, b.Handle())
	a.add(client.Allow, b.Handle())
	b.awaitState(a.Handle(), client.Online)
}

func TestListsWhileAway(t *testing.T) {
	t.Parallel()
	d := start(t)
	a, bob := d.signIn(d.account("anna")), d.account("bob")
	a.befriend(bob)
	b := d.signIn(bob)
	if !b.has(client.Reverse, a.Handle()) {
		t.Errorf("who was added while away does not know: %+v", b.roster)
	}
	version := b.roster.Version
	again := d.dial(bob)
	if r, err := again.Sync(bounded(t), version); err != nil || !r.Current {
		t.Errorf("SYN with the current version: %+v, %v", r, err)
	}
	_, err := a.Add(bounded(t), client.Forward, "nobody@"+domain, "", client.AnyGroup)
	a.wantCode("add of nobody", err, 205)
}
