package bridge_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// lend lends alice a login.
func (r *rig) lend() error { return r.Lend(r.ctx, lent, "net", time.Now().Unix()) }

// addOwn links a login of alice's own.
func (r *rig) addOwn() error {
	return r.AddLogin(r.ctx, lent, "net", map[string]string{bridgetest.KeyUser: "alice"}, "x")
}

func (r *rig) must(what string, err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatalf("%s: %v", what, err)
	}
}

// peopledRig is a lendingRig with bob and a room, which are there from the beginning.
func peopledRig(t *testing.T) *rig {
	r := &rig{t: t, dir: t.TempDir(), at: "net.test", lends: true, setup: func(n *bridgetest.Network) {
		n.AddPerson("bob", "Bob", bridge.Presence{State: bridge.Online})
		n.AddPerson("#go", "", bridge.Presence{State: bridge.Online})
	}}
	return r.begin(lent)
}

// is waits until the login of alice is this user's, and connected.
func (r *rig) is(user string) {
	r.t.Helper()
	for r.ctx.Err() == nil {
		if c := r.net.Conn(lent); c != nil && c.Login().Keys[bridgetest.KeyUser] == user {
			if _, now := r.theLogin(); now != user {
				r.t.Fatalf("stored is the login of %q", now)
			}
			return
		}
		runtime.Gosched()
	}
	r.t.Fatalf("%q is not connected", user)
}

// Whoever is lent a login while one leaves is lent it afterwards, whoever that was.
func TestLendWhileRemoved(t *testing.T) {
	for name, before := range map[string]func(*rig) error{"of a lent one": (*rig).lend, "of an own one": (*rig).addOwn} {
		t.Run(name, func(t *testing.T) {
			r := lendingRig(t)
			r.must("before", before(r))
			begun, release := r.hangs()
			removed := removal(func() error { return r.RemoveLogin(r.ctx, lent, "net") })
			<-begun
			again := removal(r.lend)
			release()
			r.must("removed", <-removed)
			r.must("lent again", <-again)
			r.is("ghost of " + lent)
		})
	}
}

// A login of one's own that is linked while the lent one leaves is there afterwards; a second one
// is one too many; and who is lent one meanwhile learns that there is an own one.
func TestOwnWhileLentLeaves(t *testing.T) {
	for name, leave := range map[string]func(*rig) error{
		"removed":  func(r *rig) error { return r.RemoveLogin(r.ctx, lent, "net") },
		"replaced": (*rig).addOwn,
	} {
		t.Run(name, func(t *testing.T) {
			r := lendingRig(t)
			r.must("lent", r.lend())
			begun, release := r.hangs()
			first := removal(func() error { return leave(r) })
			<-begun
			second := removal(r.addOwn)
			third := removal(r.lend)
			r.net.OnForget(nil)
			release()
			r.must("first", <-first)
			err, lendErr := <-second, <-third
			if name == "replaced" && !errors.Is(err, bridge.ErrExists) || name == "removed" && err != nil {
				t.Errorf("second: %v", err)
			}
			if lendErr != nil && !errors.Is(lendErr, bridge.ErrExists) {
				t.Errorf("lent: %v", lendErr)
			}
			r.is("alice")
		})
	}
}

// An account that is removed while its logins are exchanged has none of them afterwards.
func TestSwapWhileAccountIsRemoved(t *testing.T) {
	r := lendingRig(t)
	r.must("lent", r.lend())
	r.connected(lent)
	begun, release := r.hangs()
	own := removal(r.addOwn)
	<-begun
	gone := removal(func() error { return r.RemoveAccount(r.ctx, lent) })
	for r.ctx.Err() == nil { // until nobody can sign in any more
		if _, err := r.Logins(r.ctx, lent); errors.Is(err, bridge.ErrNotFound) {
			break
		}
		runtime.Gosched()
	}
	if err := r.lend(); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("lent: %v", err)
	}
	release()
	if err := <-own; !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("linked: %v", err)
	}
	r.must("removed", <-gone)
	r.nothingLeft()
	for _, c := range r.net.Calls("Connect") {
		if c.Login.Keys[bridgetest.KeyUser] == "alice" {
			t.Error("connected")
		}
	}
}

// nothingLeft makes sure that nothing is left of alice.
func (r *rig) nothingLeft() {
	r.t.Helper()
	if ls, err := r.store.Logins(r.ctx); err != nil || len(ls) > 0 {
		r.t.Errorf("stored: %+v, %v", ls, err)
	}
	if c := r.net.Conn(lent); c != nil {
		r.t.Errorf("connected: %+v", c.Login().Keys)
	}
	if as, err := r.Accounts(r.ctx); err != nil || len(as) > 0 {
		r.t.Errorf("accounts: %v, %v", as, err)
	}
	if _, err := r.Password(r.ctx, lent); !errors.Is(err, bridge.ErrNotFound) {
		r.t.Errorf("the account is known: %v", err)
	}
}

// comes signs alice in.
func (r *rig) comes() error {
	_, err := r.SignIn(r.ctx, lent, &seat{r: r, changed: make(chan struct{})})
	return err
}

// All at once, over and over again: there is one login afterwards, and none of an account that is
// removed.
func TestLendingRaces(t *testing.T) {
	r := lendingRig(t)
	fine := func(what string, err error, also ...error) {
		for _, e := range also {
			if errors.Is(err, e) {
				return
			}
		}
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for range 15 {
		var wg sync.WaitGroup
		wg.Go(func() { fine("lend", r.lend(), bridge.ErrExists) })
		wg.Go(func() { fine("own", r.addOwn(), bridge.ErrExists) })
		wg.Go(func() { fine("sign in", r.comes()) })
		wg.Go(func() { fine("remove", r.RemoveLogin(r.ctx, lent, "net"), bridge.ErrNotFound) })
		wg.Go(func() { fine("relend", r.Relend(r.ctx, lent, "net", 0), bridge.ErrExists) })
		wg.Wait()
		fine("lend", r.lend(), bridge.ErrExists)
		_, user := r.theLogin()
		r.is(user)

		wg.Go(func() { fine("lend", r.lend(), bridge.ErrExists, bridge.ErrNotFound) })
		wg.Go(func() { fine("own", r.addOwn(), bridge.ErrExists, bridge.ErrNotFound) })
		wg.Go(func() { fine("sign in", r.comes(), bridge.ErrNotFound) })
		wg.Go(func() { fine("account", r.RemoveAccount(r.ctx, lent)) })
		wg.Wait()
		r.nothingLeft()
		r.must("made again", r.AddAccounts(r.ctx, bridge.NewAccount{Handle: lent, Name: "Alice", Password: "secret"}))
	}
}

// If the store fails, the lent login is there again when it works.
func TestSwapNotStored(t *testing.T) {
	r := peopledRig(t)
	s := r.signIn(lent, bridge.Online)
	r.connected(lent)
	s.mustAdd(bridge.FL, room)
	r.net.OnForget(func(context.Context, bridge.Login) error { r.store.broken.Store(true); return nil })
	if err := r.addOwn(); !errors.Is(err, bridge.ErrStore) {
		t.Errorf("linked: %v", err)
	}
	s.wait("ended gone")
	r.net.OnForget(nil)
	r.store.broken.Store(false)
	r.is("ghost of " + lent)
	if got := r.signIn(lent, bridge.Online).list(bridge.FL); len(got) != 2 {
		t.Errorf("on the list: %q", got)
	}
	r.own()
	r.is("alice")
}

// The end of the process in the midst of it leaves the lent login.
func TestSwapCutShort(t *testing.T) {
	for name, exchange := range map[string]func(*rig) error{
		"own":    (*rig).addOwn,
		"relend": func(r *rig) error { return r.Relend(r.ctx, lent, "net", 0) },
	} {
		t.Run(name, func(t *testing.T) {
			r := lendingRig(t)
			was := "ghost of " + lent
			if name == "relend" {
				was = "alice"
				r.must("own", r.addOwn())
			} else {
				r.must("lent", r.lend())
			}
			r.is(was)
			begun, _ := r.hangs()
			cut := removal(func() error { return exchange(r) })
			<-begun
			r.stop()
			if err := <-cut; err == nil {
				t.Error("exchanged")
			}
			r.start()
			r.is(was)
			r.must("again", exchange(r))
			if _, now := r.theLogin(); now == was {
				t.Errorf("still %q", now)
			}
		})
	}
}

// A login that was lent under a name that is lent no more makes way for the one that is lent now.
func TestLentByAnotherName(t *testing.T) {
	r := peopledRig(t)
	s := r.signIn(lent, bridge.Online)
	r.connected(lent)
	s.mustAdd(bridge.FL, "bob@net.test")
	r.prefix = "the late "
	r.restart()
	r.is("ghost of " + lent) // until it is needed
	s = r.signIn(lent, bridge.Online)
	r.is("ghost of the late " + lent)
	if got := s.list(bridge.FL); len(got) != 2 {
		t.Errorf("on the list: %q", got)
	}
	r.prefix = "the dear "
	r.restart()
	r.must("lent", r.lend())
	r.is("ghost of the dear " + lent)
	r.own()
}
