package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"msnbridge/bridge"
)

// Who is admitted for the first time has an account with a login afterwards, which
// connects at once, and is still there after a restart.
func TestAdmitted(t *testing.T) {
	m := newRealm(t)
	m.auth("Bob@Out.Test", "wrong", bridge.ErrWrongPassword)
	if as, err := m.Accounts(m.ctx); err != nil || len(as) != 0 {
		t.Fatalf("%v, %v", as, err)
	}
	m.auth("Bob@Out.Test", sesame, nil)
	m.connected(bob)
	as, err := m.Accounts(m.ctx)
	if err != nil || len(as) != 1 || as[0] != (bridge.AccountInfo{Handle: bob, Name: "Bob the Builder"}) {
		t.Errorf("%v, %v", as, err)
	}
	l := m.net.Conn(bob).Login()
	device, err := l.State.Get(m.ctx, "device")
	if l.Secret != "token 1" || l.Keys["user"] != bob || string(device) != "device" || err != nil {
		t.Errorf("%+v, %q, %v", l, device, err)
	}
	if p, err := m.Password(m.ctx, bob); err != nil || len(p) < 20 {
		t.Errorf("the account's own password has %d characters, %v", len(p), err)
	}
	m.wants(2, 0)

	m.auth(bob, sesame, nil)
	m.auth(bob, "wrong", bridge.ErrWrongPassword)
	m.wants(2, 2)
	m.restart()
	m.connected(bob)
	m.auth(bob, sesame, nil)
	m.wants(0, 1)
	if n := m.sessions(); n != 1 {
		t.Errorf("%d sessions", n)
	}
	b := m.signIn(bob, bridge.Online)
	if got := b.list(bridge.FL); fmt.Sprint(got) != "[gateway@msn.test]" {
		t.Errorf("on the list: %q", got)
	}
}

// Sign-ins at the same moment make one account and one session.
func TestAdmittedAtOnce(t *testing.T) {
	m := newRealm(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := m.Authenticate(m.ctx, bob, sesame); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	m.wants(1, 19)
	if n := m.sessions(); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

// No account of the operator's is signed in to with a password of elsewhere, whatever
// it is called; nor is anybody admitted whom no handle of another network stands for.
func TestNotAdmitted(t *testing.T) {
	m := newRealm(t, "alice@msn.test")
	m.stop()
	m.start() // an account of a domain that was the service's before
	err := m.store.Do(m.ctx, func(tx bridge.Tx) error {
		return tx.CreateAccount(bridge.AccountInfo{Handle: bob, Name: "Bob"}, "secret")
	})
	if err != nil {
		t.Fatal(err)
	}
	m.stop()
	m.start()
	for _, handle := range []string{bob, "alice@msn.test", "bob@msn.test", "bob@other.test", "#room@out.test", "~23room@out.test",
		"b ob@out.test", "~62ob@out.test", "bob@out.test:8448", "bob@127.0.0.1", "@out.test", "bob@", "bob", "", "gateway@msn.test",
		"u" + strings.Repeat("a", 26) + "@x.msn.test", strings.Repeat("b", 121) + "@out.test", "bob\r\n@out.test", "bob@@out.test"} {
		m.auth(handle, sesame, bridge.ErrWrongPassword)
	}
	m.wants(0, 0)
	m.auth(bob, "secret", nil)
	m.auth("carl@out.test", "", bridge.ErrWrongPassword)
	m.auth("carl@out.test", bridge.Secret(strings.Repeat("x", 10_000)), bridge.ErrWrongPassword)
	m.wants(0, 0)
	m.auth(strings.Repeat("b", 120)+"@out.test", sesame, nil)
	m.auth("~42o~2fb@out.test", sesame, nil)
	m.wants(2, 0)
	m.connected("~42o~2fb@out.test")
	if user := m.net.Conn("~42o~2fb@out.test").Login().Keys["user"]; user != "Bo/b@out.test" {
		t.Errorf("signed in as %q", user)
	}
}

// A password of the account's own does as well, without the network.
func TestAdmittedWithOwnPassword(t *testing.T) {
	m := newRealm(t)
	m.auth(bob, sesame, nil)
	if err := m.SetPassword(m.ctx, bob, "a password of mine"); err != nil {
		t.Fatal(err)
	}
	m.set(func() { m.vouch = &bridge.SignInError{Reason: "closed"} })
	m.auth(bob, "a password of mine", nil)
	m.auth(bob, "a password of mi", nil) // as clients cut it
	m.wants(1, 0)
	var words *bridge.SignInError
	if err := m.Authenticate(m.ctx, bob, sesame); !errors.As(err, &words) || words.Words() != "closed" {
		t.Errorf("got %v", err)
	}
}

// A login whose session has ended, or that was removed, gets a new session by the next
// sign-in. One that the owner has linked for somebody else is left alone.
func TestAdmittedAnew(t *testing.T) {
	m := newRealm(t)
	m.auth(bob, sesame, nil)
	m.connected(bob)
	m.set(func() { m.live = map[string]bool{} })
	m.net.Disconnect(bob, &bridge.RejectedError{Reason: "signed out"})
	m.waitFare(bob, "signed out")

	m.net.ForgetCalls()
	m.auth(bob, "wrong", bridge.ErrWrongPassword)
	m.auth(bob, sesame, nil)
	m.wants(2, 0)
	m.connected(bob)
	l := m.net.Conn(bob).Login()
	if device, err := l.State.Get(m.ctx, "device"); l.Secret != "token 2" || string(device) != "device again" || err != nil {
		t.Errorf("%q, %q, %v", l.Secret.Reveal(), device, err)
	}

	if err := m.RemoveLogin(m.ctx, bob, "net"); err != nil {
		t.Fatal(err)
	}
	m.net.ForgetCalls()
	m.auth(bob, sesame, nil)
	m.wants(1, 0)
	m.connected(bob)

	if err := m.RemoveLogin(m.ctx, bob, "net"); err != nil {
		t.Fatal(err)
	}
	if err := m.AddLogin(m.ctx, bob, "net", map[string]string{"user": "other@out.test"}, "nonsense"); err != nil {
		t.Fatal(err)
	}
	m.waitFare(bob, "signed out")
	m.net.ForgetCalls()
	m.auth(bob, sesame, nil)
	m.wants(0, 1)
}

// waitFare waits until the account's login fares so.
func (m *realm) waitFare(handle, reason string) {
	m.t.Helper()
	for m.ctx.Err() == nil {
		s, err := m.WaitLogin(m.ctx, handle, "net")
		if err != nil {
			m.t.Fatal(err)
		}
		if s.Reason == reason && s.Next.IsZero() {
			return
		}
		runtime.Gosched()
	}
	m.t.Fatalf("the login does not end: %s", reason)
}

// What the store does not take leaves nothing behind, here or there.
func TestAdmissionNotKept(t *testing.T) {
	m := newRealm(t)
	m.store.broken.Store(true)
	var words *bridge.SignInError
	if err := m.Authenticate(m.ctx, bob, sesame); !errors.As(err, &words) || !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
	if n := m.sessions(); n != 0 || m.asked("Withdraw") != 1 {
		t.Errorf("%d sessions", n)
	}
	m.store.broken.Store(false)
	if as, err := m.Accounts(m.ctx); err != nil || len(as) != 0 {
		t.Errorf("%v, %v", as, err)
	}
	m.auth(bob, sesame, nil)
}

// Whoever tries many handles cannot have the server asked as often, and shuts out
// nobody who has an account.
func TestAdmissionsAreLimited(t *testing.T) {
	m := newRealm(t)
	m.auth(bob, sesame, nil)
	m.net.ForgetCalls()
	var wg sync.WaitGroup
	for i := range 1000 {
		wg.Go(func() { m.Authenticate(m.ctx, fmt.Sprintf("guess%d@out.test", i), "guess") })
	}
	wg.Wait()
	if n := m.asked("Admit"); n == 0 || n > 60 {
		t.Errorf("asked %d times", n)
	}
	m.auth("carl@out.test", sesame, bridge.ErrTooManyTries)
	m.auth(bob, sesame, nil)
	for range 1000 {
		m.Authenticate(m.ctx, bob, "guess")
	}
	if n := m.asked("Vouch"); n > 32 {
		t.Errorf("asked %d times about one account", n)
	}
	m.auth(bob, sesame, bridge.ErrTooManyTries)
}

// A server that wants to be left alone, or cannot be reached, is. Meanwhile a password does that was
// right a while ago, as long as the login lives.
func TestAdmissionsLater(t *testing.T) {
	m := newRealm(t)
	m.auth(bob, sesame, nil)
	m.connected(bob)
	later := func(wait time.Duration) error {
		return &bridge.LaterError{Wait: wait, Err: &bridge.SignInError{Reason: "out.test cannot be reached."}}
	}
	told := func(handle string, password bridge.Secret) {
		t.Helper()
		var words *bridge.SignInError
		if err := m.Authenticate(m.ctx, handle, password); !errors.As(err, &words) || words.Words() != "out.test cannot be reached." {
			t.Errorf("%s: %v", handle, err)
		}
	}
	m.set(func() { m.vouch = later(time.Hour) })
	told(bob, "wrong")
	m.auth(bob, sesame, nil)
	m.auth(bob, sesame, nil)
	told("carl@out.test", sesame)
	m.wants(1, 1)
	for range 100 {
		told(bob, "wrong")
	}
	told(bob, sesame) // there were too many others

	m.restart()
	m.connected(bob)
	m.set(func() { m.vouch = later(0) })
	for range 100 { // which does not count as a failure
		told(bob, sesame) // nothing is known of it any more
	}
	m.wants(0, 100)
	m.set(func() { m.vouch = nil })
	m.auth(bob, sesame, nil)
	m.set(func() { m.vouch = later(0) })
	m.auth(bob, sesame, nil)

	m.set(func() { m.live, m.admit = map[string]bool{}, later(0) })
	m.net.Disconnect(bob, &bridge.RejectedError{Reason: "signed out"})
	m.waitFare(bob, "signed out")
	told(bob, sesame)
}

// Who gives up while the network decides has no account half made, and the server is
// not thought to be down.
func TestAdmissionGivenUp(t *testing.T) {
	m := newRealm(t)
	m.set(func() { m.admit = &bridge.LaterError{Wait: time.Hour, Err: context.Canceled} })
	ctx, cancel := context.WithCancel(m.ctx)
	cancel()
	if err := m.Authenticate(ctx, bob, sesame); err == nil {
		t.Error("signed in")
	}
	m.set(func() { m.admit = nil })
	m.auth(bob, sesame, nil)
}

// What a network says to the person is one line of some length, and a password that was
// perhaps cut is remarked upon.
func TestSignInWords(t *testing.T) {
	m := newRealm(t)
	m.set(func() { m.admit = &bridge.SignInError{Reason: "no\r\nHeader: \x00" + strings.Repeat("x", 5000)} })
	err := m.Authenticate(m.ctx, bob, sesame)
	var words *bridge.SignInError
	if !errors.As(err, &words) || len(words.Words()) > 300 || strings.ContainsAny(words.Words(), "\r\n\x00") {
		t.Errorf("got %v", err)
	}
	m.set(func() { m.admit = nil })
	if err := m.Authenticate(m.ctx, bob, "sixteen letters!"); !errors.As(err, &words) || !errors.Is(err, bridge.ErrWrongPassword) ||
		!strings.Contains(words.Words(), "longer than 16") {
		t.Errorf("got %v", err)
	}
}

// A name that cannot be shown is none.
func TestAdmittedWithoutName(t *testing.T) {
	m := newRealm(t)
	m.set(func() { m.name = "\x00\n" })
	m.auth(bob, sesame, nil)
	if as, err := m.Accounts(m.ctx); err != nil || as[0].Name != "bob" {
		t.Errorf("%v, %v", as, err)
	}
}
