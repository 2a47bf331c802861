package matrix

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// forget removes the login.
func (o *owner) forgotten() error {
	n, err := New(Config{Times: o.times, Log: o.login.Log})
	if err != nil {
		o.t.Fatal(err)
	}
	o.login.Secret = o.state.secret
	return n.Forget(o.t.Context(), o.login)
}

func TestForgetOAuth(t *testing.T) {
	a := newAuthScript(t)
	o, c := a.linked()
	a.hangUp(c)
	if err := o.forgotten(); err != nil {
		t.Fatal(err)
	}
	if asked := a.asked("POST /oauth/revoke"); len(asked) != 1 || !strings.Contains(asked[0], "token=R1") || !strings.Contains(asked[0], "client_id=client-1") {
		t.Errorf("revoked with %q", asked)
	}
	if err := o.forgotten(); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

func TestForget(t *testing.T) {
	logout := func(a answer) func(*authScript) {
		return func(s *authScript) { s.on("POST /logout", func(*http.Request) answer { return a }) }
	}
	for name, test := range map[string]struct {
		set  func(*authScript)
		want string // a part of the error
		asks bool
	}{
		"logged out":      {logout(ok(`{}`)), "", true},
		"expired token":   {func(a *authScript) { logout(ok(`{}`))(a); a.expired = true }, "", true},
		"gone already":    {func(a *authScript) { a.revoked = true }, "", true},
		"not allowed":     {logout(fail(403, "M_FORBIDDEN")), `calls it "msnbridge"`, true},
		"does not answer": {logout(answer{status: 502}), `calls it "msnbridge"`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAuthScript(t)
			o := a.legacy(authPassword)
			o.times.Request /= 10
			test.set(a)
			err := o.forgotten()
			if err == nil != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
			if asked := len(a.asked("POST /logout")) > 0; asked != test.asks {
				t.Errorf("asked: %v", asked)
			}
		})
	}
}

// A login that was never connected has nothing to be taken back, and a token that its owner has
// brought stays good.
func TestForgetNothing(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	if err := o.forgotten(); err != nil {
		t.Error(err)
	}
	o.login.Keys["auth"], o.state.secret = authPassword, "never used"
	if err := o.forgotten(); err != nil {
		t.Error(err)
	}
	if asked := s.asked(""); len(asked) > 0 {
		t.Errorf("asked %d times", len(asked))
	}
}

func TestDendriteForget(t *testing.T) {
	o, own, _ := users(t, homeserver(t))
	c := o.connect()
	device := c.api.client.DeviceID
	c.Close()
	if !slices.Contains(devices(t, own.Client), device) {
		t.Fatalf("there is no device %s", device)
	}
	if err := o.forgotten(); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(devices(t, own.Client), device) {
		t.Error("the device is still there")
	}

	o.login.Keys["auth"], o.state.secret = authToken, bridge.Secret(own.AccessToken)
	o.connect().Close()
	if err := o.forgotten(); err != nil {
		t.Fatal(err)
	}
	if _, err := own.Whoami(t.Context()); err != nil {
		t.Errorf("the token that was brought: %v", err)
	}
}

func devices(t *testing.T, c *mautrix.Client) (found []id.DeviceID) {
	resp, err := c.GetDevicesInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range resp.Devices {
		found = append(found, d.DeviceID)
	}
	return found
}
