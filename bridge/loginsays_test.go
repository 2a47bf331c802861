package bridge_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

// service opens the conversation with the service contact.
func (s *seat) service() (*bridge.Chat, *window) {
	s.r.t.Helper()
	chat, err := s.open("gateway@msn.test")
	if err != nil {
		s.r.t.Fatal(err)
	}
	w := newWindow()
	chat.Attach(w)
	return chat, w
}

// hears waits until the service contact has said something with this in it.
func (w *window) hears(r *rig, what string) string {
	r.t.Helper()
	found := ""
	w.until(r, func(lines []string) bool {
		for _, line := range lines {
			if strings.Contains(line, what) {
				found = line
				return true
			}
		}
		return false
	})
	return found
}

// The owner is told what the network has to say, but not without end.
func TestLoginSays(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	_, w := alice.service()
	say := r.net.Conn("alice@msn.test").Login().Say
	say("one\r\ntwo\x07")
	w.wait(r, "one\ntwo")
	for i := range 100 {
		say(fmt.Sprint("line ", i))
	}
	lines := w.until(r, func(lines []string) bool { return strings.Contains(lines[len(lines)-1], "too much") })
	if len(lines) != 30 || lines[28] != "line 27" {
		t.Errorf("%d: %q", len(lines), lines)
	}
	say(strings.Repeat("x", 100_000))
	alice.settled()
	if got := w.all(); len(got) != 30 {
		t.Errorf("said on: %d", len(got))
	}
}

// awaits has every sign-in wait for its owner, who is told what to do.
func (r *rig) awaits(text string) (approve func(error)) {
	approved := make(chan error)
	r.net.OnConnect(func(ctx context.Context, l bridge.Login) error {
		l.Await(text)
		select {
		case err := <-approved:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return func(err error) {
		r.t.Helper()
		select {
		case approved <- err:
		case <-r.ctx.Done():
			r.t.Fatal("nobody waits for the approval")
		}
	}
}

// While the network waits for the owner, whoever asks is told what for.
func TestLoginAwaits(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	_, w := alice.service()
	approve := r.awaits("Open https://a.test\nand type ABC.")
	if err := r.AddLogin(r.ctx, "alice@msn.test", "net", nil, ""); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s, err := r.WaitLogin(r.ctx, "alice@msn.test", "net")
		if err != nil || !s.Awaits || s.Connected || s.Reason != "Open https://a.test and type ABC." {
			t.Errorf("%+v, %v", s, err)
		}
		if got := s.String(); !strings.Contains(got, "waiting for you: Open") {
			t.Error(got)
		}
	}
	w.wait(r, "Open https://a.test\nand type ABC.")
	approve(nil)
	w.wait(r, "Open https://a.test\nand type ABC.", "You are signed in to Net now.")
	s, err := r.WaitLogin(r.ctx, "alice@msn.test", "net")
	if err != nil || s.Awaits || !s.Connected || s.Reason != "" {
		t.Errorf("%+v, %v", s, err)
	}
}

// The command that links a login leaves the word to the network, and what becomes of
// it is said when it is known.
func TestLoginCommandAwaits(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	chat, w := alice.service()
	approve := r.awaits("Open a page.")
	if err := send(r, chat, "login net"); err != nil {
		t.Fatal(err)
	}
	w.wait(r, "Open a page.")
	approve(&bridge.RejectedError{Reason: "you were too late"})
	w.wait(r, "Open a page.", "Your login on Net was not accepted: you were too late. It is not tried again. "+
		"To link it anew, say login net key=value ... with what is right; your contacts stay.")
}

// A sign-in that waits ends at once when it is not wanted any more.
func TestAwaitingEnds(t *testing.T) {
	for name, end := range map[string]func(*rig) error{
		"login removed":   func(r *rig) error { return r.RemoveLogin(r.ctx, "alice@msn.test", "net") },
		"account removed": func(r *rig) error { return r.RemoveAccount(r.ctx, "alice@msn.test") },
		"service ended":   func(r *rig) error { r.stop(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "alice@msn.test")
			r.awaits("Open a page.")
			if err := r.AddLogin(r.ctx, "alice@msn.test", "net", nil, ""); err != nil {
				t.Fatal(err)
			}
			if _, err := r.WaitLogin(r.ctx, "alice@msn.test", "net"); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- end(r) }()
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("it goes on waiting")
			}
		})
	}
}
