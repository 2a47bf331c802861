package matrix

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

// What concerns the whole account is said in plain words, at sign-in and later.
func TestAccountEnds(t *testing.T) {
	consent := answer{status: 403, body: `{"errcode":"M_CONSENT_NOT_GIVEN","error":"x","consent_uri":"https://hs.test/terms?u=me"}`}
	for name, test := range map[string]struct {
		answer answer
		words  []string
	}{
		"deactivated":  {fail(403, "M_USER_DEACTIVATED"), []string{"deactivated"}},
		"suspended":    {fail(403, "M_USER_SUSPENDED"), []string{"suspended", "ask those who run it"}},
		"terms":        {consent, []string{"agree", "https://hs.test/terms?u=me", "link it again"}},
		"odd terms":    {answer{status: 403, body: `{"errcode":"M_CONSENT_NOT_GIVEN","consent_uri":"javascript:x"}`}, []string{"agree", "another Matrix client"}},
		"signed out":   {fail(401, "M_UNKNOWN_TOKEN"), []string{"access token", "token=..."}},
		"missing":      {fail(401, "M_MISSING_TOKEN"), []string{"access token"}},
		"not the user": {ok(`{"user_id":"@eve:x"}`), []string{"@eve:x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScript(t)
			s.on("GET /account/whoami", func(*http.Request) answer { return test.answer })
			_, err := s.owner().tryConnect()
			wants(t, err, test.words...)
			if name == "not the user" {
				return
			}
			s = newScript(t)
			c := s.owner().connect()
			s.news <- test.answer
			<-c.Done()
			wants(t, c.Err(), test.words...)
		})
	}
}

// A locked account is tried again now and then, since its session holds; the owner is told once.
func TestLocked(t *testing.T) {
	a := newAuthScript(t)
	o := a.legacy(authSSO)
	a.on("GET /sync", func(*http.Request) answer {
		return answer{status: 401, body: `{"errcode":"M_USER_LOCKED","error":"x","soft_logout":true}`}
	})
	for range 2 {
		_, err := o.tryConnect()
		var later *bridge.LaterError
		if !errors.As(err, &later) || later.Wait < 10*time.Minute || !strings.Contains(err.Error(), "locked") {
			t.Fatalf("got %v", err)
		}
	}
	if text := o.told(); !strings.Contains(text, "locked") || len(o.asked) > 0 {
		t.Errorf("told %q, and %d texts more", text, len(o.asked))
	}
	a.on("GET /sync", func(r *http.Request) answer {
		if r.URL.Query().Get("since") == "" {
			return ok(scriptInitial)
		}
		return a.sync(r)
	})
	o.connect()
	if told, _ := o.state.Get(t.Context(), stateTold); told != nil {
		t.Error("the lock is not forgotten")
	}
}

// A homeserver that is too busy to sign one in is left alone as long as it wants.
func TestBusyAtSignIn(t *testing.T) {
	busy := answer{status: 429, body: `{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":90000}`}
	for name, set := range map[string]func(a *authScript, o *owner){
		"password": func(a *authScript, o *owner) {
			o.state.secret = "secret"
			a.on("POST /login", func(*http.Request) answer { return busy })
		},
		"metadata": func(a *authScript, o *owner) {
			a.on("GET /v1/auth_metadata", func(*http.Request) answer { return busy })
		},
		"register": func(a *authScript, o *owner) {
			a.on("POST /oauth/register", func(*http.Request) answer { return answer{status: 429, header: http.Header{"Retry-After": {"90"}}} })
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthScript(t)
			o := a.owner()
			set(a, o)
			_, err := o.tryConnect()
			var later *bridge.LaterError
			if !errors.As(err, &later) || later.Wait != 90*time.Second {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A writer learns that it is the account that cannot write.
func TestAccountCannotWrite(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	c := o.connect()
	for body, want := range map[string]string{
		`{"errcode":"M_USER_SUSPENDED","error":"x"}`:                                               "suspended",
		`{"errcode":"M_CONSENT_NOT_GIVEN","error":"x","consent_uri":"https://hs.test/terms?u=me"}`: "https://hs.test/terms?u=me",
	} {
		s.on("PUT /rooms/!r:x/send/", func(*http.Request) answer { return answer{status: 403, body: body} })
		var failed *bridge.SendError
		if err := c.Send(t.Context(), bobSays("hi")); !errors.As(err, &failed) || !strings.Contains(failed.Reason, want) {
			t.Errorf("got %v", err)
		}
	}
}
