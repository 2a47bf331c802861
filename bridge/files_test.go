package bridge_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"msnbridge/bridge"
)

// A file is read through the login of the account that got it, and of no other.
func TestOpen(t *testing.T) {
	r := newRig(t, "alice@msn.test", "bob@msn.test")
	r.login("alice@msn.test")
	r.net.SetFile("ref", "image/png", []byte("a picture"))
	d, err := r.Open(r.ctx, "alice@msn.test", "net", "ref")
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(d)
	if err != nil || string(data) != "a picture" || d.Type != "image/png" || d.Size != 9 {
		t.Errorf("%q %s %d %v", data, d.Type, d.Size, err)
	}
	d.Close()
	for name, c := range map[string]struct{ account, network, ref string }{
		"no account": {"carol@msn.test", "net", "ref"},
		"no login":   {"bob@msn.test", "net", "ref"},
		"no network": {"alice@msn.test", "irc", "ref"},
		"no file":    {"alice@msn.test", "net", "other"},
	} {
		if _, err := r.Open(r.ctx, c.account, c.network, c.ref); !errors.Is(err, bridge.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.net.OnConnect(func(context.Context, bridge.Login) error { return &bridge.RejectedError{Reason: "not now"} })
	if err := r.AddLogin(r.ctx, "bob@msn.test", "net", nil, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open(r.ctx, "bob@msn.test", "net", "ref"); !errors.Is(err, bridge.ErrNotOnline) {
		t.Errorf("not connected: %v", err)
	}
}
