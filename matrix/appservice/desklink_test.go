package appservice

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// A code links its account, once, and no other.
func TestLink(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		r := newDesk(t, b)
		code := r.code("!d:x", dora, "Alice@msn.local")
		if code == "" {
			t.Fatal("no code")
		}
		if _, err := r.Confirm(t.Context(), "bob@msn.local", code); !errors.Is(err, errNoCode) {
			t.Errorf("another's code: %v", err)
		}
		text, err := r.Confirm(t.Context(), "alice@msn.local", code[:4]+" "+code[4:])
		if err != nil || !strings.Contains(text, dora) {
			t.Fatal(text, err)
		}
		r.heard("!d:x", 1, "You have linked alice@msn.local", "login matrix user="+dora+" password=...", "gateway@msn.local")
		if _, err := r.Confirm(t.Context(), "alice@msn.local", code); !errors.Is(err, errNoCode) {
			t.Errorf("the code again: %v", err)
		}
		r.ask("!d:x", dora, "link alice@msn.local", "You have linked alice@msn.local already")
		r.ask("!d:x", dora, "link bob@msn.local", "Say unlink first")
		r.ask("!o:x", "@oscar:x", "link alice@msn.local", "is linked with somebody else")
		r.ask("!d:x", dora, "unlink", "not linked with alice@msn.local any more")
		r.ask("!o:x", "@oscar:x", "link alice@msn.local", "Your code is")
	})
}

func TestLinkWrongCodes(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		r := newDesk(t, b)
		code := r.code("!d:x", dora, "alice@msn.local")
		wrong := "00000000"
		if code == wrong {
			wrong = "00000001"
		}
		for _, bad := range []string{"", "1234", code + "1", code[:7] + "x"} {
			if _, err := r.Confirm(t.Context(), "alice@msn.local", bad); err == nil {
				t.Errorf("%q is a code", bad)
			}
		}
		for i := range codeTries - 1 {
			if _, err := r.Confirm(t.Context(), "alice@msn.local", wrong); !errors.Is(err, errWrongCode) && i > 0 {
				t.Errorf("try %d: %v", i, err)
			}
		}
		if _, err := r.Confirm(t.Context(), "alice@msn.local", wrong); err == nil || errors.Is(err, errWrongCode) {
			t.Errorf("the last try: %v", err)
		}
		if _, err := r.Confirm(t.Context(), "alice@msn.local", code); !errors.Is(err, errNoCode) {
			t.Errorf("after that the code is good: %v", err)
		}
	})
}

func TestLinkExpired(t *testing.T) {
	r := newDesk(t, sqliteBase(t))
	code := r.code("!d:x", dora, "alice@msn.local")
	r.ask("!o:x", "@oscar:x", "link alice@msn.local", "Somebody else is linking alice@msn.local just now", "minutes")
	if _, err := r.db.ExecContext(t.Context(), "UPDATE codes SET expires = $1", time.Now().Unix()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Confirm(t.Context(), "alice@msn.local", code); !errors.Is(err, errNoCode) {
		t.Errorf("an expired code: %v", err)
	}
	r.ask("!o:x", "@oscar:x", "link alice@msn.local", "Your code is")
}

// One person has one code, and not many of them.
func TestLinkCodes(t *testing.T) {
	r := newDesk(t, sqliteBase(t))
	first := r.code("!d:x", dora, "alice@msn.local")
	r.code("!d:x", dora, "bob@msn.local")
	if _, err := r.Confirm(t.Context(), "alice@msn.local", first); !errors.Is(err, errNoCode) {
		t.Errorf("two codes at a time: %v", err)
	}
	for range codesAtOnce - 2 {
		r.code("!d:x", dora, "bob@msn.local")
	}
	r.ask("!d:x", dora, "link bob@msn.local", "many codes lately")
}

func TestUnlinkOnMSN(t *testing.T) {
	r := newDesk(t, sqliteBase(t))
	r.link()
	text := must[string](t)(r.Unlink(t.Context(), "alice@msn.local"))
	if !strings.Contains(text, dora) {
		t.Error(text)
	}
	r.ask("!d:x", dora, "unlink", "and you have not")
	if text := must[string](t)(r.Unlink(t.Context(), "alice@msn.local")); !strings.Contains(text, "not linked") {
		t.Error(text)
	}
}

// A link does not outlive its account.
func TestLinkOfRemoved(t *testing.T) {
	r := newDesk(t, sqliteBase(t))
	r.link()
	r.ask("!d:x", dora, "block alice@msn.local", "can no longer write to you")
	if err := r.house.RemoveAccount(t.Context(), "alice@msn.local"); err != nil {
		t.Fatal(err)
	}
	r.ask("!d:x", dora, "list", "alice@msn.local is not there any more")
	if err := r.control.tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.ask("!d:x", dora, "unlink", "and you have not")
	if r.Blocked("alice@msn.local", dora) {
		t.Error("the block is left")
	}
}

// signing is how somebody signs in on a page: the network waits for them.
func (r *deskRig) signing() (decide chan error) {
	decide = make(chan error)
	r.UseSignIn(func(_ context.Context, user string) (map[string]string, error) {
		return map[string]string{bridgetest.KeyUser: user}, nil
	})
	r.house.net.OnConnect(func(ctx context.Context, l bridge.Login) error {
		if strings.HasPrefix(l.Keys[bridgetest.KeyUser], "ghost of ") {
			return nil
		}
		l.Await("To sign in, open https://hs.example/sign-in in a browser.")
		select {
		case err := <-decide:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return decide
}

// confirm links dora with alice.
func (r *deskRig) confirm() {
	r.Helper()
	code := r.code("!d:x", dora, "alice@msn.local")
	must[string](r)(r.Confirm(r.Context(), "alice@msn.local", code))
}

func (r *deskRig) userOf(account string) string {
	r.Helper()
	logins := must[[]bridge.LoginStatus](r)(r.house.Logins(r.Context(), account))
	if len(logins) != 1 {
		return fmt.Sprintf("%d logins", len(logins))
	}
	return logins[0].Keys[bridgetest.KeyUser]
}

// Who has linked an account signs in on a page of their homeserver, and then is themselves there.
func TestSignIn(t *testing.T) {
	r := newDesk(t, sqliteBase(t))
	decide := r.signing()
	if err := r.house.Lend(t.Context(), "alice@msn.local", Network, 0); err != nil {
		t.Fatal(err)
	}
	r.confirm()
	r.heard("!d:x", 1, "You have linked alice@msn.local", "https://hs.example/sign-in")
	r.ask("!d:x", dora, "signin", "https://hs.example/sign-in")
	decide <- nil
	r.heard("!d:x", 3, "You are signed in", "alice@msn.local is you here now")
	equal(t, "user", r.userOf("alice@msn.local"), dora)
	r.ask("!d:x", dora, "signin", "is you here already")
	r.ask("!d:x", dora, "unlink", "It goes on as its ghost")
	equal(t, "user", r.userOf("alice@msn.local"), "ghost of alice@msn.local")
}

// Who does not sign in leaves the ghost as it was.
func TestSignInRefused(t *testing.T) {
	r := newDesk(t, sqliteBase(t))
	decide := r.signing()
	r.confirm()
	r.heard("!d:x", 1, "https://hs.example/sign-in")
	decide <- &bridge.RejectedError{Reason: "nobody approved the sign-in in time"}
	r.heard("!d:x", 2, "You were not signed in: nobody approved the sign-in in time.", "goes on as its ghost", "say signin")
	equal(t, "user", r.userOf("alice@msn.local"), "ghost of alice@msn.local")
	r.ask("!d:x", dora, "signin", "One moment")
	r.heard("!d:x", 4, "https://hs.example/sign-in")
	decide <- nil
	r.heard("!d:x", 5, "You are signed in")
}

// An account that is somebody else here is not linked, and not acted for.
func TestSomebodyElse(t *testing.T) {
	r := newDesk(t, sqliteBase(t))
	add := func(handle, user string) {
		t.Helper()
		if err := r.house.AddLogin(t.Context(), handle, Network, map[string]string{bridgetest.KeyUser: user}, ""); err != nil {
			t.Fatal(err)
		}
	}
	add("bob@msn.local", "@other:x")
	r.ask("!d:x", dora, "link bob@msn.local", "has a login of another Matrix account")
	r.link()
	add("alice@msn.local", "@other:x")
	for _, line := range []string{"list", "block @eve:x", "signin"} {
		r.ask("!d:x", dora, line, "somebody else here by now")
	}
	r.ask("!d:x", dora, "unlink", "any more")
	equal(t, "user", r.userOf("alice@msn.local"), "@other:x")
}

// Blocks hold for the two, and survive.
func TestBlocks(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		r := newDesk(t, b)
		var told []string
		changed := make(chan string, 10)
		r.UseBlocks(func(account string) { changed <- account })
		equal(t, "before", r.Blocked("alice@msn.local", dora), false)
		r.ask("!d:x", dora, "block @_msn_alice_msn.local:example.org", "alice (alice@msn.local) can no longer write to you", "unblock alice@msn.local")
		r.ask("!d:x", dora, "block alice@msn.local", "can no longer")
		r.ask("!d:x", dora, "list", "You block: alice@msn.local")
		told = append(told, <-changed, <-changed)
		if !slices.Equal(told, []string{"alice@msn.local", "alice@msn.local"}) {
			t.Errorf("told of %q", told)
		}
		equal(t, "blocked", r.Blocked("alice@msn.local", dora), true)
		equal(t, "somebody else", r.Blocked("alice@msn.local", "@oscar:x"), false)
		equal(t, "another account", r.Blocked("bob@msn.local", dora), false)
		r.wire.stop()
		r.start()
		equal(t, "after a restart", r.Blocked("alice@msn.local", dora), true)
		r.ask("!d:x", dora, "unblock alice@msn.local", "is not blocked any more")
		equal(t, "unblocked", r.Blocked("alice@msn.local", dora), false)
		r.wire.stop()
		r.kill(t)
		r.blocks.replace(nil)
		equal(t, "when that cannot be read", r.Blocked("alice@msn.local", dora), true)
	})
}

func TestBlockUser(t *testing.T) {
	r := newDesk(t, sqliteBase(t))
	r.link()
	if err := r.house.Lend(t.Context(), "alice@msn.local", Network, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := r.house.net.WaitConn(t.Context(), "alice@msn.local"); err != nil {
		t.Fatal(err)
	}
	r.contact("alice@msn.local", "@eve:x")
	r.ask("!d:x", dora, "list", "People and rooms here on the list of alice@msn.local (1):", "Somebody (@eve:x): online")
	r.ask("!d:x", dora, "block @eve:x", "@eve:x is on the block list of alice@msn.local now")
	r.ask("!d:x", dora, "list", "@eve:x): blocked")
	r.ask("!d:x", dora, "unblock @eve:x", "is not on the block list")
	for _, bad := range []string{"@", "@x", "@:x", theBot, dora} {
		r.ask("!d:x", dora, "block "+bad, "nobody who can be blocked")
	}
}

// Who is not linked sees those who have them as a contact.
func TestListOthers(t *testing.T) {
	r := newDesk(t, sqliteBase(t))
	for _, handle := range []string{"alice@msn.local", "bob@msn.local"} {
		if err := r.house.Lend(t.Context(), handle, Network, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := r.house.net.WaitConn(t.Context(), handle); err != nil {
			t.Fatal(err)
		}
		r.contact(handle, dora)
	}
	r.ask("!d:x", dora, "list", "People on MSN who have you as a contact (2):", "alice (alice@msn.local): offline", "bob (bob@msn.local): offline")
	got := r.ask("!d:x", dora, "list ALI", "with ALI (1):", "alice@msn.local")
	if strings.Contains(got, "bob") {
		t.Error(got)
	}
	r.ask("!d:x", dora, "list zoe", "There is nobody with zoe.")
	r.ask("!o:x", "@oscar:x", "list", "Nobody on MSN has you as a contact.")
}

func TestTidy(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		s := b.service(t, nil)
		book := must[*book](t)(s.book(t.Context()))
		if err := book.post(t.Context(), notice{answers: "$old", room: "!a:x", body: "late"}); err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct {
			after    time.Duration
			unsaid   int
			answered bool
		}{{0, 1, true}, {unsaidTime + time.Hour, 0, true}, {saidTime + time.Hour, 0, false}} {
			if err := book.tidy(t.Context(), time.Now().Add(x.after)); err != nil {
				t.Fatal(err)
			}
			equal(t, "unsaid", len(must[[]notice](t)(book.unsaid(t.Context(), ""))), x.unsaid)
			equal(t, "answered", must[bool](t)(book.answered(t.Context(), "$old")), x.answered)
		}
	})
}
