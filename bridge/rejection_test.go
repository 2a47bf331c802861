package bridge_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// fences waits until all that the service contact has been told to say has been said,
// and returns it.
func (w *window) fences(r *rig, chat *bridge.Chat) []string {
	r.t.Helper()
	before := len(w.all())
	if err := send(r, chat, "whoami"); err != nil {
		r.t.Fatal(err)
	}
	lines := w.until(r, func(lines []string) bool {
		return len(lines) > before && strings.Contains(lines[len(lines)-1], "You are alice")
	})
	return lines[:len(lines)-1]
}

// keepsTold waits until it is kept that the owner knows of a rejection, which is after it was said.
func (r *rig) keepsTold(account string) {
	r.t.Helper()
	for tick := time.NewTicker(5 * time.Millisecond); ; <-tick.C {
		told, err := r.store.State(account, "net").Get(r.ctx, "bridge/rejected")
		if err != nil {
			r.t.Fatal(err)
		}
		if told != nil {
			tick.Stop()
			return
		}
	}
}

// That a login has ended is said once, and again only if it has worked meanwhile.
func TestRejectedIsTold(t *testing.T) {
	const account, ended = "alice@msn.test", "Your login on Net has ended: signed out."
	r := bridged(t)
	var refuses atomic.Bool
	refuse := func(context.Context, bridge.Login) error {
		if refuses.Load() {
			return &bridge.RejectedError{Reason: "signed out"}
		}
		return nil
	}
	r.setup = func(n *bridgetest.Network) { n.OnConnect(refuse) }
	r.emit(account) // it has worked
	if err := r.net.Emit(r.ctx, account, []byte("position")); err != nil {
		t.Fatal(err)
	}
	r.net.Disconnect(account, &bridge.RejectedError{Reason: "signed out."})
	chat, w := r.signIn(account, bridge.Online).service()
	w.hears(r, ended)
	chat.Detach(w)
	r.keepsTold(account)
	for _, again := range []bool{false, false, true} {
		refuses.Store(!again)
		r.restart()
		if again {
			r.connected(account)
			r.net.Disconnect(account, &bridge.RejectedError{Reason: "signed out."})
		}
		s, err := r.WaitLogin(r.ctx, account, "net")
		if err != nil || s.Connected && !again {
			t.Fatalf("%+v, %v", s, err)
		}
		chat, w = r.signIn(account, bridge.Online).service()
		if again {
			w.hears(r, ended)
		} else if got := w.fences(r, chat); len(got) > 0 {
			t.Errorf("said again: %q", got)
		}
	}
}

// What a network says about how to go on is not said twice, and a rejection that
// answers a command is said by the command alone.
func TestRejectedCommand(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	reason := "wrong password; link it again: login net password=..."
	r.net.OnConnect(func(context.Context, bridge.Login) error { return &bridge.RejectedError{Reason: reason} })
	chat, w := r.signIn("alice@msn.test", bridge.Online).service()
	for i := range 2 {
		if err := send(r, chat, "login net password=x"); err != nil {
			t.Fatal(err)
		}
		w.until(r, func(lines []string) bool {
			return len(lines) == 2*i+1 && lines[2*i] == "Linked. net: not connected: "+reason
		})
		if got := w.fences(r, chat); len(got) != 2*i+1 {
			t.Errorf("%q", got)
		}
	}
	if err := r.AddLogin(r.ctx, "alice@msn.test", "net", nil, "y"); err != nil { // the operator
		t.Fatal(err)
	}
	w.hears(r, "Your login on Net was not accepted: wrong password; link it again: login net password=...")
}
