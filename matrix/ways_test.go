package matrix

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"net/url"
	"testing"

	"msnbridge/matrix/appservice"
)

// A noDetour stands for pages of our own, which nobody opens.
type noDetour struct{}

func (noDetour) Open(string, func(string) string, func(context.Context, url.Values) error) (string, func(), error) {
	return "", nil, errors.ErrUnsupported
}

// How people sign in on their homeserver is found out without signing in.
func TestSignInPage(t *testing.T) {
	flows := func(body string) func(*authScript) {
		return func(a *authScript) {
			a.on("GET /v1/auth_metadata", nowhereAnswer)
			a.on("GET /unstable/org.matrix.msc2965/auth_metadata", nowhereAnswer)
			a.on("GET /unstable/org.matrix.msc2965/auth_issuer", nowhereAnswer)
			a.on("GET /login", func(*http.Request) answer { return ok(body) })
		}
	}
	const sso = `{"flows":[{"type":"m.login.sso"},{"type":"m.login.token"}]}`
	for what, x := range map[string]struct {
		setup  func(*authScript)
		detour Detour
		page   bool
	}{
		"OAuth 2.0":     {func(*authScript) {}, nil, true},
		"SSO":           {flows(sso), noDetour{}, true},
		"SSO, no pages": {flows(sso), nil, false},
		"password":      {flows(`{"flows":[{"type":"m.login.password"}]}`), noDetour{}, false},
	} {
		t.Run(what, func(t *testing.T) {
			a := newAuthScript(t)
			x.setup(a)
			s, err := appservice.New(appservice.Config{
				Server: "x", Homeserver: a.server.URL, Bot: "msnbot", Prefix: "_msn_", ASToken: "as", HSToken: "hs",
				Open: func(context.Context) (*sql.DB, string, error) { return nil, "", errors.ErrUnsupported },
			})
			if err != nil {
				t.Fatal(err)
			}
			n, err := New(Config{Appservice: s, Detour: x.detour})
			if err != nil {
				t.Fatal(err)
			}
			keys, err := n.pageOf(t.Context(), map[string]string{keyUser: "@me:x", keyHomeserver: a.server.URL})
			var only *appservice.PasswordOnlyError
			switch {
			case x.page && (err != nil || keys[keyUser] != "@me:x"):
				t.Errorf("%v, %v", keys, err)
			case !x.page && (!errors.As(err, &only) || only.Keys[keyHomeserver] != a.server.URL):
				t.Errorf("%v, %v", keys, err)
			}
		})
	}
	a := newAuthScript(t)
	a.server.Close()
	n, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	if keys, err := n.pageOf(t.Context(), map[string]string{keyUser: "@me:x", keyHomeserver: a.server.URL}); err == nil || isPasswordOnly(err) {
		t.Errorf("a homeserver that is away: %v, %v", keys, err)
	}
}

func nowhereAnswer(*http.Request) answer {
	return answer{status: 404, body: `{"errcode":"M_UNRECOGNIZED"}`}
}
