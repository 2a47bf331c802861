package bridge_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"msnbridge/bridge"
)

// When the store fails, all that waits for it is told, the session ends, and
// the account comes back with what the store has.
func TestStoreFails(t *testing.T) {
	r := newRig(t, "alice@msn.test", "bob@msn.test", "carol@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	r.store.broken.Store(true)
	outcomes := make(chan error, 2)
	done := func(_ bridge.Change, err error) { outcomes <- err }
	alice.turn(func() {
		alice.Add(bridge.FL, "bob@msn.test", "", -1, done)
		alice.Add(bridge.FL, "carol@msn.test", "", -1, done)
	})
	for range 2 {
		select {
		case err := <-outcomes:
			if !errors.Is(err, bridge.ErrStore) {
				t.Errorf("outcome %v", err)
			}
		case <-r.ctx.Done():
			t.Fatal("no outcome")
		}
	}
	alice.wait("ended gone")
	if alice.Post(func() {}) {
		t.Error("a session that is over takes a function")
	}
	if _, err := r.SignIn(r.ctx, "alice@msn.test", alice); !errors.Is(err, errBroken) {
		t.Errorf("sign-in while the store is broken: %v", err)
	}
	r.store.broken.Store(false)
	alice = r.signIn("alice@msn.test", bridge.Online)
	if got := alice.list(bridge.FL); !slices.Equal(got, []string{"gateway@msn.test"}) {
		t.Errorf("FL: %q", got)
	}
}

// An account with a login comes back without a sign-in.
func TestLoginComesBackAfterStoreFailed(t *testing.T) {
	r := bridged(t)
	r.store.broken.Store(true)
	if _, err := r.net.Say(r.ctx, "alice@msn.test", "bob", "lost?"); err == nil {
		t.Error("a message counts as taken that was not stored")
	}
	r.store.broken.Store(false)
	r.net.ForgetCalls()
	if _, err := r.net.WaitCall(r.ctx, "Connect", nil); err != nil {
		t.Fatal(err)
	}
	r.connected("alice@msn.test")
	r.say("alice@msn.test", "bob", "again")
	alice := r.signIn("alice@msn.test", bridge.Online)
	w := newWindow()
	alice.wait("ring bob@net.test").(bridge.Ring).Chat.Attach(w)
	w.wait(r, "late: again")
}

// Who is not in use leaves memory, and nothing is lost by it.
func TestUnload(t *testing.T) {
	r := bridged(t)
	if err := r.AddAccounts(r.ctx, bridge.NewAccount{Handle: "bob@msn.test", Password: "x"}); err != nil {
		t.Fatal(err)
	}
	bob := r.signIn("bob@msn.test", bridge.Online)
	chat, err := bob.open("gateway@msn.test")
	if err != nil {
		t.Fatal(err)
	}
	w := newWindow()
	chat.Attach(w)
	unload := func() bool {
		r.Unload(time.Now().Add(time.Hour))
		if _, err := r.Password(r.ctx, "alice@msn.test"); err != nil { // unloading is over
			t.Fatal(err)
		}
		return !r.InMemory("bob@msn.test")
	}
	bob.turn(func() {})
	if unload() {
		t.Error("unloaded while signed in")
	}
	bob.Close()
	r.Password(r.ctx, "bob@msn.test") // Close is over
	if unload() {
		t.Error("unloaded while a window is open")
	}
	chat.Detach(w)
	for !unload() && r.ctx.Err() == nil {
	}
	if !r.InMemory("alice@msn.test") {
		t.Error("an account with a login is unloaded")
	}
	if err := send(r, chat, "help"); err == nil {
		t.Error("a conversation of an account that is not in memory takes a message")
	}
	bob = r.signIn("bob@msn.test", bridge.Online)
	if got := bob.list(bridge.FL); len(got) != 1 {
		t.Errorf("FL: %q", got)
	}
}

// A sign-in or a command that meets an account just being unloaded gets it anew.
func TestUnloadRace(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				r.Unload(time.Now().Add(time.Hour))
			}
		}
	})
	for i := range 50 {
		alice := r.signIn("alice@msn.test", bridge.Online)
		alice.turn(func() {})
		alice.Close()
		r.login("alice@msn.test")
		if i == 0 {
			if err := r.SetPassword(r.ctx, "alice@msn.test", "new"); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.RemoveLogin(r.ctx, "alice@msn.test", "net"); err != nil {
			t.Fatal(err)
		}
		if p, err := r.Password(r.ctx, "alice@msn.test"); err != nil || p.Reveal() != "new" {
			t.Fatal(p.Reveal(), err)
		}
		r.net.ForgetCalls()
	}
	close(stop)
	wg.Wait()
}

// A login whose network is no longer configured can still be removed.
func TestRemoveLoginTwice(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.login("alice@msn.test")
	if err := r.RemoveLogin(r.ctx, "alice@msn.test", "net"); err != nil {
		t.Fatal(err)
	}
	alice := r.signIn("alice@msn.test", bridge.Online)
	if err := r.RemoveLogin(r.ctx, "alice@msn.test", "net"); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("twice: %v", err)
	}
	if err := r.RemoveLogin(r.ctx, "nobody@msn.test", "net"); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
	if got := alice.settled(); slices.Contains(got, "ended gone") {
		t.Error("the account is gone")
	}
}

// A conversation window outlives its login, and is used again when that is back.
func TestWindowOutlivesLogin(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	chat, err := alice.open("bob@net.test")
	if err != nil {
		t.Fatal(err)
	}
	w := newWindow()
	chat.Attach(w)
	if err := r.RemoveLogin(r.ctx, "alice@msn.test", "net"); err != nil {
		t.Fatal(err)
	}
	if err := send(r, chat, "hello?"); err == nil {
		t.Error("sent without a login")
	}
	r.net.ForgetCalls()
	r.login("alice@msn.test")
	r.say("alice@msn.test", "bob", "here")
	w.wait(r, "here")
}

// Phone numbers of contacts that are not in memory are known, unless one may not
// see them.
func TestPropertiesOfTheAbsent(t *testing.T) {
	r := newRig(t, "alice@msn.test", "bob@msn.test", "carol@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	alice.mustAdd(bridge.FL, "bob@msn.test")
	alice.mustAdd(bridge.FL, "carol@msn.test")
	for _, h := range []string{"bob@msn.test", "carol@msn.test"} {
		s := r.signIn(h, bridge.Online)
		change(s, func(done func(uint32, error)) { s.SetProperty("PHH", "1 22", done) })
		if h == "carol@msn.test" {
			s.mustAdd(bridge.BL, "alice@msn.test")
		}
	}
	r.restart()
	alice = r.signIn("alice@msn.test", bridge.Offline)
	alice.turn(func() {
		for _, e := range alice.Entries(bridge.FL)[1:] {
			want := map[string]string{"bob@msn.test": "1 22"}[e.Handle]
			if got := alice.Properties(e)["PHH"]; got != want {
				t.Errorf("%s has the number %q, want %q", e.Handle, got, want)
			}
		}
	})
}
