package bridge_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
	"msnbridge/store"
)

const aliceHandle = "alice@msn.test"

// A removed login is forgotten by its network when its connection has ended and
// while its state is there, also if it is removed with its account.
func TestForget(t *testing.T) {
	for name, remove := range map[string]func(*rig) error{
		"login":   func(r *rig) error { return r.RemoveLogin(r.ctx, aliceHandle, "net") },
		"account": func(r *rig) error { return r.RemoveAccount(r.ctx, aliceHandle) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, aliceHandle)
			r.net.OnConnect(func(ctx context.Context, l bridge.Login) error {
				if err := l.State.Put(ctx, "device", []byte("D")); err != nil {
					return err
				}
				return l.State.ReplaceSecret(ctx, "token")
			})
			r.login(aliceHandle)
			conn := r.net.Conn(aliceHandle)
			var problems []string
			r.net.OnForget(func(ctx context.Context, l bridge.Login) error {
				select {
				case <-conn.Done():
				default:
					problems = append(problems, "it is connected")
				}
				if device, err := l.State.Get(ctx, "device"); string(device) != "D" || err != nil {
					problems = append(problems, "there is no state")
				}
				if l.Account != aliceHandle || l.Network != "net" || l.Secret != "token" {
					problems = append(problems, "it is another login")
				}
				if _, there := ctx.Deadline(); !there {
					problems = append(problems, "there is no end to it")
				}
				l.Say("nobody hears this")
				return errors.ErrUnsupported
			})
			if err := remove(r); err != nil {
				t.Fatal(err)
			}
			if n := len(r.net.Calls("Forget")); n != 1 || len(problems) > 0 {
				t.Errorf("forgotten %d times: %q", n, problems)
			}
			if ls, err := r.store.Logins(r.ctx); len(ls) > 0 || err != nil {
				t.Errorf("stored: %v, %v", ls, err)
			}
		})
	}
}

// What the network does not take back is reported, and stops nothing; the login can
// be linked again at once.
func TestForgetFails(t *testing.T) {
	r := bridged(t)
	r.net.OnForget(func(context.Context, bridge.Login) error { return errors.New("the homeserver\nis down") })
	err := r.RemoveLogin(r.ctx, aliceHandle, "net")
	want := "the login is removed, but its session on Net could not be ended: the homeserver is down; end it in another client"
	if !errors.Is(err, bridge.ErrLeftBehind) || err.Error() != want {
		t.Fatalf("%v", err)
	}
	r.net.ForgetCalls()
	r.login(aliceHandle)
	alice := r.signIn(aliceHandle, bridge.Online)
	chat, w := alice.service()
	if err := send(r, chat, "logout net"); err != nil {
		t.Fatal(err)
	}
	w.hears(r, "Take note: the login is removed, but")
	r.net.ForgetCalls()
	r.login(aliceHandle)
	err = r.RemoveAccount(r.ctx, aliceHandle)
	if !errors.Is(err, bridge.ErrLeftBehind) || !strings.HasPrefix(err.Error(), "the account is removed, but") {
		t.Errorf("%v", err)
	}
	if as, err := r.Accounts(r.ctx); len(as) > 0 || err != nil {
		t.Errorf("%v, %v", as, err)
	}
}

// hangs has Forget wait, until release is called or it is given up. begun is closed
// when it waits.
func (r *rig) hangs() (begun chan struct{}, release func()) {
	begun, released := make(chan struct{}), make(chan struct{})
	r.net.OnForget(func(ctx context.Context, _ bridge.Login) error {
		close(begun)
		select {
		case <-released:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return begun, func() { close(released) }
}

// removal begins to remove something, and returns what becomes of it.
func removal(f func() error) <-chan error {
	outcome := make(chan error, 1)
	go func() { outcome <- f() }()
	return outcome
}

// One removal at a time: others wait for it, and nothing new begins meanwhile.
func TestRemovedTwice(t *testing.T) {
	r := bridged(t)
	alice := r.signIn(aliceHandle, bridge.Online)
	r.emit(aliceHandle, bridge.ContactFound{Contact: r.contact("bob")})
	chat, err := alice.open("bob@net.test")
	if err != nil {
		t.Fatal(err)
	}
	begun, release := r.hangs()
	gone, cancel := context.WithCancel(r.ctx)
	first := removal(func() error { return r.RemoveLogin(gone, aliceHandle, "net") })
	<-begun
	cancel() // nobody is interested any more
	second := removal(func() error { return r.RemoveLogin(r.ctx, aliceHandle, "net") })
	account := removal(func() error { return r.RemoveAccount(r.ctx, aliceHandle) })
	if err := r.AddLogin(r.ctx, aliceHandle, "net", nil, ""); err == nil {
		t.Error("linked while it is being removed")
	}
	if err := send(r, chat, "hello"); err == nil {
		t.Error("sent through a login that is being removed")
	}
	release()
	if err := <-first; err != nil {
		t.Error(err)
	}
	if err := <-account; err != nil {
		t.Error(err)
	}
	if err := <-second; !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if n := len(r.net.Calls("Forget")); n != 1 {
		t.Errorf("forgotten %d times", n)
	}
}

// A removal that the end of the service cuts short leaves the login as it was; the
// end of the service itself has nothing forgotten.
func TestRemovalCutShort(t *testing.T) {
	for _, account := range []bool{false, true} {
		r := bridged(t)
		r.restart()
		r.connected(aliceHandle)
		if n := len(r.net.Calls("Forget")); n > 0 {
			t.Fatalf("forgotten %d times", n)
		}
		begun, _ := r.hangs()
		cut := removal(func() error {
			if account {
				return r.RemoveAccount(r.ctx, aliceHandle)
			}
			return r.RemoveLogin(r.ctx, aliceHandle, "net")
		})
		<-begun
		r.stop()
		if err := <-cut; err == nil || errors.Is(err, bridge.ErrLeftBehind) {
			t.Errorf("removed: %v", err)
		}
		r.start()
		r.connected(aliceHandle)
		if err := r.RemoveLogin(r.ctx, aliceHandle, "net"); err != nil {
			t.Error(err)
		}
	}
}

// Nobody can sign in to an account that is being removed, or link a login of it.
func TestAccountBeingRemoved(t *testing.T) {
	r := bridged(t)
	begun, release := r.hangs()
	removed := removal(func() error { return r.RemoveAccount(r.ctx, aliceHandle) })
	<-begun
	if _, err := r.SignIn(r.ctx, aliceHandle, &seat{r: r, changed: make(chan struct{})}); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("signed in: %v", err)
	}
	again := removal(func() error { return r.RemoveAccount(r.ctx, aliceHandle) })
	if err := r.AddLogin(r.ctx, aliceHandle, "net", nil, ""); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("linked: %v", err)
	}
	release()
	if err := <-removed; err != nil {
		t.Error(err)
	}
	if err := <-again; !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
}

// If the store fails, all is there when it works again.
func TestRemovalFails(t *testing.T) {
	for _, account := range []bool{false, true} {
		r := bridged(t)
		r.net.OnForget(func(context.Context, bridge.Login) error { r.store.broken.Store(true); return nil })
		err := r.RemoveLogin
		if account {
			err = func(ctx context.Context, handle, _ string) error { return r.RemoveAccount(ctx, handle) }
		}
		if err := err(r.ctx, aliceHandle, "net"); err == nil {
			t.Error("removed by a store that is broken")
		}
		r.net.OnForget(nil)
		r.net.ForgetCalls()
		r.store.broken.Store(false)
		r.connected(aliceHandle)
		if err := err(r.ctx, aliceHandle, "net"); err != nil {
			t.Error(err)
		}
	}
}

// Without a service the command line has a login forgotten too.
func TestForgetOffline(t *testing.T) {
	r := bridged(t)
	r.stop()
	b, st, n := r.offline()
	if err := b.RemoveLogin(r.ctx, aliceHandle, "net"); err != nil {
		t.Fatal(err)
	}
	if got := n.Calls(); len(got) != 1 || got[0].Method != "Forget" {
		t.Errorf("%+v", got)
	}
	if ls, err := st.Logins(r.ctx); err != nil || len(ls) > 0 {
		t.Errorf("%v, %v", ls, err)
	}
	if err := b.RemoveLogin(r.ctx, aliceHandle, "net"); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if err := b.RemoveAccount(r.ctx, aliceHandle); err != nil {
		t.Error(err)
	}
}

// offline is a bridge on the rig's store that does not run.
func (r *rig) offline() (*bridge.Bridge, bridge.Store, *bridgetest.Network) {
	r.t.Helper()
	n := bridgetest.New(bridgetest.Options{Name: "net", Title: "Net", Domain: "net.test"})
	st, err := store.Open(r.ctx, store.Config{Dir: r.dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		r.t.Fatal(err)
	}
	b, err := bridge.New(r.ctx, st, []bridge.Network{n}, bridge.Options{Domains: []string{"msn.test"}})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := st.Close(); err != nil {
			r.t.Error(err)
		}
	})
	return b, st, n
}
