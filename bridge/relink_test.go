package bridge_test

import (
	"context"
	"errors"
	"testing"

	"msnbridge/bridge"
)

// A login that its network has rejected is linked anew with what is right, and
// keeps what was kept of it; one that has not been rejected exists.
func TestRelink(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	kept := make(chan string, 1)
	r.net.OnConnect(func(ctx context.Context, l bridge.Login) error {
		if l.Secret.Reveal() != "right" {
			if err := l.State.Put(ctx, "device", []byte("D")); err != nil {
				return err
			}
			return &bridge.RejectedError{Reason: "wrong password"}
		}
		device, err := l.State.Get(ctx, "device")
		kept <- string(device) + " " + l.Keys["rooms"] + " " + l.Keys["user"]
		return err
	})
	add := func(keys map[string]string, secret string) (bridge.LoginStatus, error) {
		if err := r.AddLogin(r.ctx, "alice@msn.test", "net", keys, bridge.Secret(secret)); err != nil {
			return bridge.LoginStatus{}, err
		}
		return r.WaitLogin(r.ctx, "alice@msn.test", "net")
	}
	for _, wrong := range []string{"wrong", "wrong again"} {
		s, err := add(map[string]string{"rooms": "chosen"}, wrong)
		if err != nil || s.Connected || s.Reason != "wrong password" || !s.Next.IsZero() {
			t.Fatalf("%+v, %v", s, err)
		}
	}
	s, err := add(map[string]string{"user": "alice"}, "right")
	if err != nil || !s.Connected || s.Keys["user"] != "alice" {
		t.Fatalf("%+v, %v", s, err)
	}
	if got := <-kept; got != "D chosen alice" {
		t.Errorf("connected with %q", got)
	}
	if _, err := add(nil, "right"); !errors.Is(err, bridge.ErrExists) {
		t.Errorf("linked twice: %v", err)
	}
	recs, err := r.store.Logins(r.ctx)
	if err != nil || len(recs) != 1 || recs[0].Secret != "right" || recs[0].Keys["user"] != "alice" {
		t.Errorf("stored %+v, %v", recs, err)
	}
}

// A login that waits to be linked anew ends like any other.
func TestRemoveRejected(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.net.OnConnect(func(context.Context, bridge.Login) error { return &bridge.RejectedError{Reason: "no"} })
	if err := r.AddLogin(r.ctx, "alice@msn.test", "net", nil, "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.WaitLogin(r.ctx, "alice@msn.test", "net"); err != nil {
		t.Fatal(err)
	}
	if err := r.RemoveLogin(r.ctx, "alice@msn.test", "net"); err != nil {
		t.Fatal(err)
	}
}
