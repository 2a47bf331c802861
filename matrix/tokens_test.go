package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"msnbridge/bridge"
)

// An access token that the homeserver does not take any more is renewed once, for all requests that
// are under way, and every request goes on with the new one.
func TestRenewed(t *testing.T) {
	for _, how := range []string{authOAuth, authSSO, authPassword} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			a := newAuthScript(t)
			o := a.legacy(how)
			s, _ := storedSession(t.Context(), o.state)
			s.Client = "client-1"
			if err := s.keep(t.Context(), o.state); err != nil {
				t.Fatal(err)
			}
			c := o.connect()
			a.set(func() { a.expired = true })
			var sent sync.WaitGroup
			for i := range 10 {
				sent.Go(func() {
					if err := c.Send(t.Context(), bridge.Message{ID: fmt.Sprint(i), Chat: addr("@bob:x"), Via: "!r:x", Text: "hi"}); err != nil {
						t.Error(err)
					}
				})
			}
			sent.Wait()
			a.news <- timelineAnswer("s2", false, textEvent("$1", "still here"))
			awaitText(o, "still here")
			if n := a.count(&a.renewed); n != 1 {
				t.Errorf("renewed %d times", n)
			}
			a.hangUp(c)
			o.connect() // with what is stored
			if len(o.asked) > 0 {
				t.Errorf("told %q", o.told())
			}
		})
	}
}

// A token that is about to expire is renewed before the homeserver has to refuse it.
func TestRenewedAhead(t *testing.T) {
	a := newAuthScript(t)
	o, c := a.linked()
	s := c.api.tokens.now()
	s.Expires = time.Now().Add(10 * time.Second)
	c.api.tokens.use(s)
	if err := c.Send(t.Context(), bridge.Message{ID: "1", Chat: addr("@bob:x"), Via: "!r:x", Text: "hi"}); err != nil {
		t.Fatal(err)
	}
	until(t, "renewal", func() bool { // perhaps that of another request
		kept, _ := storedSession(t.Context(), o.state)
		return kept.Access == "A2" && kept.Refresh == "R2"
	})
	if n := a.count(&a.renewed); n != 1 {
		t.Errorf("renewed %d times", n)
	}
}

// A session that cannot be renewed ends the connection with plain words, once; while it may only
// not be renewed now, it goes on.
func TestNotRenewed(t *testing.T) {
	for name, test := range map[string]struct {
		set   func(a *authScript)
		how   string
		words []string // nil: it is tried again
	}{
		"revoked":        {func(a *authScript) { a.revoked = true }, authOAuth, []string{"no longer accepts", "signed out", "login matrix user=@me:x"}},
		"revoked legacy": {func(a *authScript) { a.revoked = true }, authPassword, []string{"no longer accepts", "password=..."}},
		"soft": {func(a *authScript) {
			a.expired, a.broken = true, answer{status: 401, body: `{"errcode":"M_UNKNOWN_TOKEN","soft_logout":true}`}
		}, authPassword, []string{"asks for the password", "password=..."}},
		"bad gateway":     {func(a *authScript) { a.expired, a.broken = true, answer{status: 502} }, authOAuth, nil},
		"too many":        {func(a *authScript) { a.expired, a.broken = true, fail(429, "M_LIMIT_EXCEEDED") }, authPassword, nil},
		"nonsense":        {func(a *authScript) { a.expired, a.broken = true, ok(`{"access_token":"A\n2"}`) }, authPassword, nil},
		"odd OAuth":       {func(a *authScript) { a.expired, a.broken = true, ok(`{"access_token":""}`) }, authOAuth, nil},
		"proxy's own 404": {func(a *authScript) { a.expired, a.broken = true, answer{status: 404, body: "<html>"} }, authOAuth, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAuthScript(t)
			o := a.legacy(test.how)
			s, _ := storedSession(t.Context(), o.state)
			s.Client = "client-1"
			if err := s.keep(t.Context(), o.state); err != nil {
				t.Fatal(err)
			}
			c := o.connect()
			a.set(func() { test.set(a) })
			a.news <- ok(`{"next_batch":"s2"}`)
			<-c.Done()
			if test.words == nil {
				if errors.As(c.Err(), new(*bridge.RejectedError)) {
					t.Fatalf("rejected: %v", c.Err())
				}
				a.set(func() { a.broken = answer{} })
				o.connect()
				return
			}
			wants(t, c.Err(), test.words...)
		})
	}
}

// What cannot be stored is not used: until then the old tokens hold.
func TestRenewedButNotStored(t *testing.T) {
	a := newAuthScript(t)
	o, c := a.linked()
	a.set(func() { a.expired = true })
	o.state.fail(stateSession)
	if _, err := c.api.tokens.renew(t.Context(), "A1"); err == nil || c.api.tokens.now().Access != "A1" {
		t.Fatalf("%v, %+v", err, c.api.tokens.now())
	}
	o.state.fail("")
	if token, err := c.api.tokens.renew(t.Context(), "A1"); err != nil || token == "A1" {
		t.Errorf("%q, %v", token, err)
	}
}

// A request that is given up does not tear a renewal apart.
func TestRenewalGoesOn(t *testing.T) {
	a := newAuthScript(t)
	_, c := a.linked()
	ctx, stop := context.WithCancel(t.Context())
	a.on("POST /oauth/token", func(r *http.Request) answer {
		stop()
		return a.token(r)
	})
	if token, err := c.api.tokens.renew(ctx, "A1"); err != nil || token != "A2" {
		t.Errorf("%q, %v", token, err)
	}
}

// After a soft end one signs in again as the same device; after a hard one as another.
func TestSignedInAgain(t *testing.T) {
	for _, soft := range []bool{true, false} {
		t.Run(fmt.Sprintf("soft %v", soft), func(t *testing.T) {
			a := newAuthScript(t)
			o := a.legacy(authSSO)
			c := o.connect()
			a.set(func() {
				a.expired, a.broken = true, answer{status: 401, body: fmt.Sprintf(`{"errcode":"M_UNKNOWN_TOKEN","soft_logout":%v}`, soft)}
			})
			a.news <- ok(`{"next_batch":"s2"}`)
			<-c.Done()
			wants(t, c.Err(), "link it again")
			a.set(func() { a.broken = answer{} })
			o.connect() // the owner has linked it again, without a password
			if text := o.told(); !strings.Contains(text, "ABCD-EFGH") {
				t.Errorf("told %q", text)
			}
			if asked := a.asked("POST /oauth/device"); soft != strings.Contains(asked[0], "device%3ADEV") {
				t.Errorf("asked as %q", asked)
			}
		})
	}
}

// A login is for one account, however often it is linked.
func TestLinkedForAnother(t *testing.T) {
	a := newAuthScript(t)
	o, c := a.linked()
	a.hangUp(c)
	o.login.Keys["user"] = "@eve:x"
	_, err := o.tryConnect()
	wants(t, err, "linked for @me:x", "remove it first")
}
