package matrix

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"msnbridge/bridge"
)

const sesame = bridge.Secret("open sesame")

// A gatekeeper is a homeserver of whose people @me:x has the password "open sesame", and a network
// that admits them.
type gatekeeper struct {
	*script
	*Network
	log bytes.Buffer
}

func newGatekeeper(t testing.TB) *gatekeeper {
	g := &gatekeeper{script: newScript(t)}
	g.on("GET /login", func(*http.Request) answer {
		return ok(`{"flows":[{"type":"m.login.sso"},{"type":"m.login.password"}]}`)
	})
	g.on("POST /login", g.login)
	g.on("POST /logout", func(r *http.Request) answer { return ok(`{}`) })
	g.on("GET /profile/", func(*http.Request) answer { return ok(`{"displayname":"Me \u202e\n Myself"}`) })
	var err error
	g.Network, err = New(Config{SignIn: map[string]string{"x": g.server.URL}, DeviceName: "msnbridge at home",
		Times: Times{Request: 5 * time.Second, Retry: 10 * time.Millisecond},
		Log:   slog.New(slog.NewTextHandler(&g.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// login makes sessions that are called after their device.
func (g *gatekeeper) login(r *http.Request) answer {
	body, _ := io.ReadAll(r.Body)
	var req loginRequest
	if !lenient(body, &req) || req.Password != sesame.Reveal() || req.Identifier.User != "@me:x" {
		return answer{status: 403, body: fmt.Sprintf(`{"errcode":"M_FORBIDDEN","error":"%s is wrong"}`, req.Password)}
	}
	device := orSo(req.Device, "NEW")
	return ok(fmt.Sprintf(`{"user_id":"@me:x","device_id":%q,"access_token":"A-%[1]s","refresh_token":"R","expires_in_ms":300000}`, device))
}

// words is what a person is told.
func words(t testing.TB, err error) string {
	t.Helper()
	said, ok := errors.AsType[*bridge.SignInError](err)
	if !ok {
		t.Fatalf("no words: %v", err)
	}
	return said.Words()
}

// quiet makes sure that no password is in the log.
func (g *gatekeeper) quiet() {
	g.t.Helper()
	if text := g.log.String(); strings.Contains(text, sesame.Reveal()) || strings.Contains(text, "wrong one") {
		g.t.Errorf("a password is in the log: %s", text)
	}
}

// A password becomes a session that a login goes on with, and is not kept.
func TestAdmit(t *testing.T) {
	g := newGatekeeper(t)
	a, err := g.Admit(t.Context(), "@me:x", sesame, nil)
	if err != nil {
		t.Fatal(err)
	}
	if a.Name != "Me Myself" || a.Secret != "A-NEW" || a.Keys["user"] != "@me:x" || len(a.Keys) != 2 || string(a.State["device"]) != "NEW" {
		t.Errorf("%+v", a)
	}
	if err := g.Check(a.Keys, a.Secret); err != nil || !g.Owns("@me:x", a.Keys) || g.Owns("@you:x", a.Keys) {
		t.Errorf("keys %v: %v", a.Keys, err)
	}
	for key, value := range a.State {
		if bytes.Contains(value, []byte(sesame)) {
			t.Errorf("the password is in the state: %s", key)
		}
	}
	if body := g.asked("POST /login"); len(body) != 1 || !strings.Contains(body[0], `"initial_device_display_name":"msnbridge at home"`) ||
		strings.Contains(body[0], "device_id") {
		t.Errorf("signed in with %q", body)
	}
	o := newOwner(t, a.Keys, a.Secret.Reveal())
	o.state.values = a.State
	c := o.connect()
	if c.api.tokens.now().Refresh != "R" || c.api.client.DeviceID != "D" { // as whoami has it
		t.Errorf("%+v, %s", c.api.tokens.now().Expires, c.api.client.DeviceID)
	}
	if n := len(g.asked("POST /login")); n != 1 {
		t.Errorf("%d sign-ins", n)
	}
	g.quiet()
}

// A new session of a login that has ended is on the device that it had, and what was not taken ends.
func TestAdmitAgain(t *testing.T) {
	g := newGatekeeper(t)
	known := newMemory("")
	known.Put(t.Context(), stateDevice, []byte("OLD"))
	a, err := g.Admit(t.Context(), "@me:x", sesame, known)
	if err != nil || a.Secret != "A-OLD" || string(a.State["device"]) != "OLD" {
		t.Fatalf("%+v, %v", a, err)
	}
	if known.values[stateSession] != nil {
		t.Error("the login was changed")
	}
	var ended string
	g.on("POST /logout", func(r *http.Request) answer { ended = r.Header.Get("Authorization"); return ok(`{}`) })
	if err := g.Withdraw(t.Context(), a); err != nil || ended != "Bearer A-OLD" {
		t.Errorf("%q, %v", ended, err)
	}
}

// A password is checked by a session that is ended at once, on a device of its own.
func TestVouch(t *testing.T) {
	g := newGatekeeper(t)
	fails := 1
	var ended []string
	g.on("POST /logout", func(r *http.Request) answer {
		if fails--; fails >= 0 {
			return fail(502, "M_UNKNOWN")
		}
		ended = append(ended, r.Header.Get("Authorization"))
		return ok(`{}`)
	})
	if err := g.Vouch(t.Context(), "@me:x", sesame); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(ended, []string{"Bearer A-MSNBRIDGECHECK"}) {
		t.Errorf("ended %q", ended)
	}
	if err := g.Vouch(t.Context(), "@me:x", "the wrong one"); !errors.Is(err, bridge.ErrWrongPassword) {
		t.Errorf("got %v", err)
	}
	g.on("POST /logout", func(*http.Request) answer { return fail(403, "M_FORBIDDEN") })
	if err := g.Vouch(t.Context(), "@me:x", sesame); err != nil {
		t.Error(err)
	}
	if !strings.Contains(g.log.String(), "session not ended") {
		t.Error("nothing is said of a session that stays")
	}
	g.quiet()
}

// What can go wrong has words, and only what the homeserver has not decided lets nobody else in.
func TestAdmitRefused(t *testing.T) {
	login := func(status int, code string) func(*gatekeeper) {
		return func(g *gatekeeper) {
			g.on("POST /login", func(*http.Request) answer { return fail(status, code) })
		}
	}
	flows := func(a answer) func(*gatekeeper) {
		return func(g *gatekeeper) { g.on("GET /login", func(*http.Request) answer { return a }) }
	}
	says := func(body string) func(*gatekeeper) {
		return func(g *gatekeeper) { g.on("POST /login", func(*http.Request) answer { return ok(body) }) }
	}
	for name, test := range map[string]struct {
		set   func(*gatekeeper)
		words string
		later bool
	}{
		"wrong":        {login(403, "M_FORBIDDEN"), "", false},
		"old style":    {login(401, "M_UNKNOWN"), "", false},
		"odd name":     {login(400, "M_INVALID_USERNAME"), "", false},
		"deactivated":  {login(403, "M_USER_DEACTIVATED"), "deactivated", false},
		"locked":       {login(401, "M_USER_LOCKED"), "locked", false},
		"suspended":    {login(403, "M_USER_SUSPENDED"), "suspended", false},
		"terms":        {login(403, "M_CONSENT_NOT_GIVEN"), "agree to its terms", false},
		"other":        {login(400, "M_UNKNOWN"), "does not let you", false},
		"limited":      {login(429, "M_LIMIT_EXCEEDED"), "too many attempts", true},
		"ill":          {login(500, "M_UNKNOWN"), "cannot be reached", true},
		"nonsense":     {says(`{`), "cannot be reached", true},
		"no token":     {says(`{"user_id":"@me:x","device_id":"D"}`), "cannot be reached", true},
		"odd token":    {says(`{"user_id":"@me:x","device_id":"D","access_token":"a\r\nb"}`), "cannot be reached", true},
		"no device":    {says(`{"user_id":"@me:x","access_token":"a"}`), "cannot be reached", true},
		"odd device":   {says(`{"user_id":"@me:x","device_id":"D\r\n","access_token":"a"}`), "cannot be reached", true},
		"another":      {says(`{"user_id":"@you:x","device_id":"D","access_token":"a"}`), "somebody else", false},
		"other case":   {says(`{"user_id":"@ME:x","device_id":"D","access_token":"a"}`), "somebody else", false},
		"SSO alone":    {flows(ok(`{"flows":[{"type":"m.login.sso"}]}`)), "takes no passwords", false},
		"OAuth alone":  {flows(fail(404, "M_UNRECOGNIZED")), "takes no passwords", false},
		"busy":         {flows(fail(429, "M_LIMIT_EXCEEDED")), "too many attempts", true},
		"out of order": {flows(fail(502, "M_UNKNOWN")), "cannot be reached", true},
		"away":         {func(g *gatekeeper) { g.server.Close() }, "cannot be reached", true},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGatekeeper(t)
			test.set(g)
			_, err := g.Admit(t.Context(), "@me:x", sesame, nil)
			if checked := g.Vouch(t.Context(), "@me:x", sesame); fmt.Sprint(checked) != fmt.Sprint(err) {
				t.Errorf("admitted: %v; vouched for: %v", err, checked)
			}
			_, later := errors.AsType[*bridge.LaterError](err)
			if later != test.later || errors.Is(err, bridge.ErrWrongPassword) != (test.words == "") {
				t.Fatalf("got %v", err)
			}
			if test.words != "" && !strings.Contains(words(t, err), test.words) {
				t.Errorf("said %q", words(t, err))
			}
			g.quiet()
		})
	}
}

// A session of somebody else's is ended again.
func TestAdmitSomebodyElse(t *testing.T) {
	g := newGatekeeper(t)
	g.on("POST /login", func(*http.Request) answer { return ok(`{"user_id":"@you:x","device_id":"D","access_token":"a"}`) })
	if _, err := g.Admit(t.Context(), "@me:x", sesame, nil); !errors.Is(err, errWrongUser) {
		t.Errorf("got %v", err)
	}
	if n := len(g.asked("POST /logout")); n != 1 {
		t.Errorf("%d sessions ended", n)
	}
}

// What a homeserver says in its own words is not for the person, nor for the log: the password may
// be in it.
func TestAdmitEcho(t *testing.T) {
	g := newGatekeeper(t)
	for _, status := range []int{400, 403, 429, 500} {
		g.on("POST /login", func(*http.Request) answer {
			return answer{status: status, body: `{"errcode":"open sesame","error":"open sesame","consent_uri":"http://x/open sesame"}`}
		})
		_, err := g.Admit(t.Context(), "@me:x", sesame, nil)
		if err == nil || strings.Contains(err.Error(), sesame.Reveal()) {
			t.Errorf("%d: %v", status, err)
		}
	}
	g.quiet()
}

func TestAdmits(t *testing.T) {
	n, err := New(Config{SignIn: map[string]string{"x.org": ""}})
	if err != nil {
		t.Fatal(err)
	}
	for user, want := range map[string]bool{
		"@me:x.org": true, "@Me/1=a:x.org": true, "@me:X.org": false, "@me:x.org:8448": false, "@me:y.org": false, "@me:x.org.": false,
		"@m e:x.org": false, "@:x.org": false, "me:x.org": false, "#me:x.org": false, "!me:x.org": false, "@me:y:x.org": false, "": false,
		"@" + strings.Repeat("m", 300) + ":x.org": false,
	} {
		if n.Admits(user) != want {
			t.Errorf("%s: %v", user, !want)
		}
	}
}

// Where a server says that its homeserver is, is kept for the login, and asked for once.
func TestAdmitDiscovers(t *testing.T) {
	g := newGatekeeper(t)
	var files atomic.Int64
	front := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/.well-known/matrix/client" {
			files.Add(1)
			io.WriteString(w, `{"m.homeserver":{"base_url":"https://hs.x"}}`)
			return
		}
		g.script.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	n, err := New(Config{SignIn: map[string]string{"x": ""}, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, front.Listener.Addr().String())
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := n.Admit(t.Context(), "@me:x", sesame, nil)
	if err != nil || string(a.State["homeserver"]) != "https://hs.x" || a.Keys["homeserver"] != "" {
		t.Fatalf("%+v, %v", a, err)
	}
	if err := n.Vouch(t.Context(), "@me:x", sesame); err != nil {
		t.Error(err)
	}
	if err := n.Withdraw(t.Context(), a); err != nil {
		t.Error(err)
	}
	if n := files.Load(); n != 1 {
		t.Errorf("asked for %d times", n)
	}
}
