package bridge_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// gather invites somebody into alice's conversation with bob.
func (r *rig) gather(chat *bridge.Chat, handle string) (*bridge.Chat, error) {
	r.t.Helper()
	type result struct {
		c   *bridge.Chat
		err error
	}
	got := make(chan result, 1)
	chat.Invite(handle, func(c *bridge.Chat, err error) { got <- result{c, err} })
	select {
	case res := <-got:
		return res.c, res.err
	case <-r.ctx.Done():
		r.t.Fatal("no answer")
		panic("unreachable")
	}
}

// Somebody who is invited into a conversation with a person makes it a room.
func TestGather(t *testing.T) {
	r := bridged(t)
	r.net.AddPerson("eve", "Eve", bridge.Presence{State: bridge.Online})
	alice := r.signIn("alice@msn.test", bridge.Online)
	alice.mustAdd(bridge.BL, "sue@net.test")
	chat, err := alice.open("bob@net.test")
	if err != nil {
		t.Fatal(err)
	}
	r.net.OnGather(r.net.NewRoom("#new", "Bob and\nEve"))
	room, err := r.gather(chat, "eve@net.test")
	if err != nil || room == nil || !room.IsRoom() || room.Handle() != "#new@net.test" || room.Name() != "Bob andEve" {
		t.Fatalf("%+v, %v", room, err)
	}
	alice.wait("+FL #new@net.test")
	c := r.net.Calls("Gather")
	if len(c) != 1 || !slices.Equal(c[0].People, []bridge.Addr{r.net.Addr("bob"), r.net.Addr("eve")}) {
		t.Errorf("%+v", c)
	}
	w := newWindow()
	room.Attach(w)
	w.wait(r, "members:")
	if e := alice.entryOf(r.net.Addr("#new")); e == nil || e.Auto {
		t.Errorf("%+v", e)
	}
}

func TestGatherRefused(t *testing.T) {
	r := bridged(t)
	r.net.AddPerson("eve", "Eve", bridge.Presence{State: bridge.Online})
	alice := r.signIn("alice@msn.test", bridge.Online)
	alice.mustAdd(bridge.BL, "sue@net.test")
	chat, err := alice.open("bob@net.test")
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("rooms are out")
	fails := func(err error) bridgetest.GatherFunc {
		return func(context.Context, string, []bridge.Addr) (bridge.Contact, error) { return bridge.Contact{}, err }
	}
	for _, c := range []struct {
		handle string
		gather bridgetest.GatherFunc
		want   error
	}{
		{"eve@net.test", nil, errors.ErrUnsupported},
		{"eve@net.test", fails(broken), broken},
		{"nobody@net.test", fails(bridge.ErrNoSuchPerson), bridge.ErrNotOnline},
		{"bob@net.test", r.net.NewRoom("#x", ""), bridge.ErrAlreadyThere},
		{"sue@net.test", r.net.NewRoom("#x", ""), bridge.ErrBlocked},
		{"#go@net.test", r.net.NewRoom("#x", ""), errors.ErrUnsupported},
		{"gateway@msn.test", r.net.NewRoom("#x", ""), errors.ErrUnsupported},
		{"no handle", r.net.NewRoom("#x", ""), bridge.ErrMalformed},
	} {
		r.net.OnGather(c.gather)
		if room, err := r.gather(chat, c.handle); !errors.Is(err, c.want) || room != nil {
			t.Errorf("%s: %v, %v; want %v", c.handle, room, err, c.want)
		}
	}
	service, err := alice.open("gateway@msn.test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.gather(service, "bob@net.test"); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("with the service contact: %v", err)
	}
	r.net.OnGather(func(ctx context.Context, account string, _ []bridge.Addr) (bridge.Contact, error) {
		r.net.Disconnect(account, errors.New("lost"))
		<-ctx.Done()
		return bridge.Contact{}, context.Cause(ctx)
	})
	if _, err := r.gather(chat, "eve@net.test"); !errors.Is(err, bridge.ErrClosed) {
		t.Errorf("on a connection that ends: %v", err)
	}
}
