package matrix

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"msnbridge/bridge"
)

// wants fails unless err is a RejectedError with these words.
func wants(t *testing.T, err error, words ...string) {
	t.Helper()
	var rejected *bridge.RejectedError
	if !errors.As(err, &rejected) {
		t.Fatalf("got %v, which is no rejection", err)
	}
	for _, w := range words {
		if !strings.Contains(rejected.Reason, w) {
			t.Errorf("%q is missing in %q", w, rejected.Reason)
		}
	}
}

func TestDeviceApproved(t *testing.T) {
	a := newAuthScript(t)
	a.polls = []answer{pendingAnswer, {status: 502}, {status: 400, body: `{"error":"slow_down"}`}, pendingAnswer}
	o, c := a.linked()
	text := o.told()
	for _, w := range []string{a.server.URL + "/link", "ABCD-EFGH", "@me:x", "20 minutes"} {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in %q", w, text)
		}
	}
	registered := a.asked("POST /oauth/register")
	for _, w := range []string{`"client_name":"msnbridge"`, `"client_uri":"https://msn.example.org"`, `"token_endpoint_auth_method":"none"`,
		`"urn:ietf:params:oauth:grant-type:device_code"`, `"refresh_token"`, `"application_type":"native"`} {
		if len(registered) != 1 || !strings.Contains(registered[0], w) {
			t.Errorf("registered %q; want %s", registered, w)
		}
	}
	if asked := a.asked("POST /oauth/device"); !strings.Contains(asked[0], "scope=urn%3Amatrix%3Aclient%3Aapi%3A%2A+urn%3Amatrix%3Aclient%3Adevice%3A") {
		t.Errorf("asked for %q", asked)
	}
	if named := a.asked("PUT /devices/DEV"); len(named) != 1 || !strings.Contains(named[0], `"display_name":"msnbridge"`) {
		t.Errorf("the session is named %q", named)
	}
	a.news <- timelineAnswer("s2", false, textEvent("$1", "hello"))
	awaitText(o, "hello")
	a.hangUp(c)

	// The session holds, and nobody is asked again.
	o.connect()
	if n := len(a.asked("POST /oauth/register")); n != 1 || len(o.asked) != 0 {
		t.Errorf("registered %d times, told %d texts more", n, len(o.asked))
	}
}

func TestDeviceNotApproved(t *testing.T) {
	for name, test := range map[string]struct {
		set   func(a *authScript)
		words []string
	}{
		"denied": {func(a *authScript) {
			a.polls = []answer{pendingAnswer, {status: 400, body: `{"error":"access_denied"}`}}
		}, []string{"refused on the web page", "login matrix user=@me:x"}},
		"expired":    {func(a *authScript) { a.polls = []answer{{status: 400, body: `{"error":"expired_token"}`}} }, []string{"nobody approved", "login matrix user=@me:x"}},
		"unknown":    {func(a *authScript) { a.polls = []answer{{status: 400, body: `{"error":"invalid_grant"}`}} }, []string{"has ended the sign-in"}},
		"wrong user": {func(a *authScript) { a.whose = "@eve:x" }, []string{"for @me:x", "@eve:x"}},
		"too late": {func(a *authScript) {
			a.on("POST /oauth/device", func(*http.Request) answer {
				return ok(`{"device_code":"dev-code","user_code":"X","verification_uri":"https://x.test/","expires_in":1,"interval":5}`)
			})
			a.polls = slices.Repeat([]answer{pendingAnswer}, 1000)
		}, []string{"nobody approved"}},
		"not taken": {func(a *authScript) {
			a.on("POST /oauth/register", func(*http.Request) answer {
				return answer{status: 400, body: "{\"error\":\"invalid_client_metadata\",\"error_description\":\"no\\nbots\"}"}
			})
		}, []string{"new application", "no bots"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAuthScript(t)
			test.set(a)
			o := a.owner()
			_, err := o.tryConnect()
			wants(t, err, test.words...)
			for _, key := range []string{statePending, stateSession} {
				if kept, _ := o.state.Get(t.Context(), key); kept != nil {
					t.Errorf("%s is kept", key)
				}
			}
			if (name == "wrong user") != a.revoked {
				t.Errorf("revoked: %v", a.revoked)
			}
		})
	}
}

// What makes no sense is no code to show, and tried again.
func TestDeviceNonsense(t *testing.T) {
	for name, body := range map[string]string{
		"no code":      `{"device_code":"d","verification_uri":"https://x/","expires_in":60}`,
		"no page":      `{"device_code":"d","user_code":"A","expires_in":60}`,
		"odd page":     `{"device_code":"d","user_code":"A","verification_uri":"javascript:alert(1)","expires_in":60}`,
		"lines":        `{"device_code":"d","user_code":"A","verification_uri":"https://x/\r\nMSG","expires_in":60}`,
		"no JSON":      `<html>`,
		"no device id": `{"user_code":"A","verification_uri":"https://x/"}`,
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthScript(t)
			a.on("POST /oauth/device", func(*http.Request) answer { return ok(body) })
			o := a.owner()
			_, err := o.tryConnect()
			if err == nil || errors.As(err, new(*bridge.RejectedError)) || len(o.asked) > 0 {
				t.Errorf("got %v, %d texts", err, len(o.asked))
			}
		})
	}
}

// Older servers have other paths and scopes.
func TestDeviceUnstable(t *testing.T) {
	for name, set := range map[string]func(a *authScript){
		"metadata": func(a *authScript) {
			a.on("GET /v1/auth_metadata", func(*http.Request) answer { return fail(404, "M_UNRECOGNIZED") })
			a.on("GET /unstable/org.matrix.msc2965/auth_metadata", func(*http.Request) answer { return ok(a.metadata()) })
		},
		"issuer": func(a *authScript) {
			a.on("GET /v1/auth_metadata", func(*http.Request) answer { return fail(404, "M_UNRECOGNIZED") })
			a.on("GET /unstable/org.matrix.msc2965/auth_issuer", func(*http.Request) answer { return ok(`{"issuer":"` + a.server.URL + `/"}`) })
			a.on("GET /.well-known/openid-configuration", func(*http.Request) answer { return ok(a.metadata()) })
		},
		"scope": func(a *authScript) {
			a.on("POST /oauth/device", func(r *http.Request) answer {
				if !strings.Contains(r.FormValue("scope"), "msc2967") {
					return answer{status: 400, body: `{"error":"invalid_scope"}`}
				}
				return ok(`{"device_code":"dev-code","user_code":"A","verification_uri":"https://x/","expires_in":60,"interval":1}`)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthScript(t)
			set(a)
			a.linked()
			asked := a.asked("POST /oauth/device")
			if !strings.Contains(asked[len(asked)-1], "urn%3Amatrix%3Aorg.matrix.msc2967.client%3Adevice%3A") {
				t.Errorf("asked for %q", asked)
			}
		})
	}
}

// A restart does not ask the owner for another code.
func TestDeviceRestart(t *testing.T) {
	a := newAuthScript(t)
	a.polls = slices.Repeat([]answer{pendingAnswer}, 1000)
	o := a.owner()
	n, err := New(Config{Times: o.times, Log: o.login.Log})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := n.Connect(ctx, o.login, o.emit)
		ended <- err
	}()
	first := o.told()
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	a.set(func() { a.polls = nil })
	o.connect()
	if second := o.told(); !strings.Contains(second, "ABCD-EFGH") || !strings.Contains(first, "ABCD-EFGH") {
		t.Errorf("told %q, then %q", first, second)
	}
	if n := len(a.asked("POST /oauth/device")); n != 1 {
		t.Errorf("%d codes", n)
	}
}

// Without a password, and where one cannot sign in elsewhere, the owner learns what is wanted.
func TestWaysToSignIn(t *testing.T) {
	nowhere := func(a *authScript) {
		a.on("GET /v1/auth_metadata", func(*http.Request) answer {
			return ok(strings.Replace(a.metadata(), "registration_endpoint", "other", 1))
		})
	}
	flows := func(a *authScript, kinds ...string) {
		a.on("GET /login", func(*http.Request) answer {
			return ok(`{"flows":[{"type":"` + strings.Join(kinds, `"},{"type":"`) + `"}]}`)
		})
	}
	for name, test := range map[string]struct {
		set    func(a *authScript)
		auth   string
		secret bridge.Secret
		words  []string
	}{
		"no way":       {func(a *authScript) { nowhere(a); flows(a, "m.login.password") }, "", "", []string{"wants a password", "login matrix user=@me:x homeserver=http://127.0.0.1", "password=..."}},
		"nothing said": {nowhere, "", "", []string{"wants a password"}},
		"no pages":     {func(a *authScript) { nowhere(a); flows(a, "m.login.sso", "m.login.token") }, "", "", []string{"single sign-on", "web pages"}},
		"oauth wanted": {nowhere, "oauth", "", []string{"from another device"}},
		"no passwords": {func(a *authScript) { flows(a, "m.login.sso") }, "", "secret", []string{"takes no passwords", "login matrix user=@me:x"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthScript(t)
			test.set(a)
			o := a.owner()
			o.state.secret = test.secret
			if test.auth != "" {
				o.login.Keys["auth"] = test.auth
			}
			_, err := o.tryConnect()
			wants(t, err, test.words...)
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Error("the password shows")
			}
		})
	}
}

// A homeserver cannot send us into networks that it is outside of itself.
func TestEndpoints(t *testing.T) {
	for _, test := range []struct {
		homeserver, endpoint string
		want                 bool
	}{
		{"https://hs.example", "https://auth.example/token", true},
		{"https://hs.example", "http://auth.example/token", false},
		{"http://127.0.0.1:8008", "http://127.0.0.1:8009/token", true},
		{"https://hs.example", "https://127.0.0.1/token", false},
		{"https://hs.example", "https://[::1]/token", false},
		{"https://hs.example", "https://10.0.0.1/token", false},
		{"https://hs.example", "https://169.254.169.254/token", false},
		{"https://hs.example", "https://localhost/token", false},
		{"https://hs.example", "file:///etc/passwd", false},
		{"https://hs.example", "", false},
	} {
		n, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		base, err := parseBaseURL(test.homeserver)
		if err != nil {
			t.Fatal(err)
		}
		a, err := n.newAPI(base, bridge.Login{Keys: map[string]string{"user": "@me:x"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.fitEndpoint(test.endpoint); got != test.want {
			t.Errorf("%s for %s: %v", test.endpoint, test.homeserver, got)
		}
	}
}
