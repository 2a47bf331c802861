package bridgetest

import (
	"errors"
	"testing"

	"msnbridge/bridge"
)

// testRead: a friend is told what a window has shown.
func testRead(t *testing.T, h Harness) {
	l := connected(t, h)
	l.friend.Say(t, "have you read this?", false)
	m := Next(t, l.tape, func(m bridge.MessageReceived) bool { return m.Message.Text == "have you read this?" }).Message
	err := l.MarkRead(timeout(t), m)
	sees := h.Features().SeesRead
	if sees == nil {
		if err != nil && !errors.Is(err, errors.ErrUnsupported) {
			t.Error(err)
		}
		t.Skip("the network has no receipts")
	}
	if err != nil {
		t.Fatal(err)
	}
	sees(t, l.friend, m.Text)
}

// testBlock: who is blocked here is blocked elsewhere, and the other way round.
func testBlock(t *testing.T, h Harness) {
	l := connected(t, h)
	friend := l.friend.Addr()
	l.block(t)
	if f := h.Features(); !f.Blocks || f.Elsewhere == nil {
		t.Skip("the network keeps no list")
	}
	other := h.Features().Elsewhere(t, l.login)
	ignored := func(on bool) {
		t.Helper()
		Next(t, l.tape, func(i bridge.Ignored) bool { return i.Who == friend && i.Ignored == on })
	}
	other.Block(t, friend, true)
	ignored(true)
	l.block(t, friend) // as the account does once it has been told
	l.block(t)
	other.SeesBlocked(t, friend, false)
	l.block(t, friend)
	other.SeesBlocked(t, friend, true)
	other.Block(t, friend, false)
	ignored(false)
}

func (l *link) block(t *testing.T, who ...bridge.Addr) {
	t.Helper()
	if err := l.Block(timeout(t), who); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		t.Fatalf("block %v: %v", who, err)
	}
}
