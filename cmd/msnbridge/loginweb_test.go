package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
)

// A webSignIn is a homeserver at which one signs in on a web page.
type webSignIn struct {
	*httptest.Server
	approved, revoked atomic.Bool
}

func newWebSignIn(t *testing.T, oauth bool) *webSignIn {
	w := new(webSignIn)
	mux := http.NewServeMux()
	w.Server = httptest.NewServer(mux)
	t.Cleanup(w.Close)
	says := func(at, body string) {
		mux.HandleFunc(at, func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, body) })
	}
	says("/_matrix/client/versions", `{"versions":["v1.15"]}`)
	says("/_matrix/client/v3/keys/upload", `{"one_time_key_counts":{"signed_curve25519":50}}`)
	says("/_matrix/client/v3/keys/query", `{"device_keys":{}}`)
	if oauth {
		w.oauth(mux, says)
	} else {
		w.sso(mux, says)
	}
	mux.HandleFunc("/_matrix/client/v3/sync", noNews)
	mux.HandleFunc("/", func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(http.StatusNotFound)
		fmt.Fprint(rw, `{"errcode":"M_NOT_FOUND","error":"nothing here"}`)
	})
	return w
}

// oauth has the homeserver sign in on another device.
func (w *webSignIn) oauth(mux *http.ServeMux, says func(at, body string)) {
	says("/_matrix/client/v1/auth_metadata", fmt.Sprintf(`{"registration_endpoint":"%[1]s/register","device_authorization_endpoint":"%[1]s/device",`+
		`"token_endpoint":"%[1]s/token","revocation_endpoint":"%[1]s/revoke"}`, w.URL))
	says("/register", `{"client_id":"c"}`)
	says("/device", fmt.Sprintf(`{"device_code":"d","user_code":"ABCD-EFGH","verification_uri":"%s/link","expires_in":1200,"interval":1}`, w.URL))
	says("/_matrix/client/v3/account/whoami", `{"user_id":"@anna:matrix.test","device_id":"DEV"}`)
	says("/_matrix/client/v3/devices/DEV", `{}`)
	mux.HandleFunc("/token", w.token)
	mux.HandleFunc("/revoke", func(http.ResponseWriter, *http.Request) { w.revoked.Store(true) })
}

// sso has the homeserver sign in by single sign-on, and its page approve at once.
func (w *webSignIn) sso(mux *http.ServeMux, says func(at, body string)) {
	says("GET /_matrix/client/v3/login", `{"flows":[{"type":"m.login.sso"},{"type":"m.login.token"}]}`)
	says("POST /_matrix/client/v3/login", `{"user_id":"@anna:matrix.test","device_id":"DEV","access_token":"s3cret-access"}`)
	mux.HandleFunc("/_matrix/client/v3/login/sso/redirect", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, r.URL.Query().Get("redirectUrl")+"?loginToken=s3cret-login", http.StatusFound)
	})
	mux.HandleFunc("/_matrix/client/v3/logout", func(rw http.ResponseWriter, _ *http.Request) {
		w.revoked.Store(true)
		fmt.Fprint(rw, `{}`)
	})
}

func (w *webSignIn) token(rw http.ResponseWriter, _ *http.Request) {
	if !w.approved.Load() {
		rw.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(rw, `{"error":"authorization_pending"}`)
		return
	}
	fmt.Fprint(rw, `{"access_token":"s3cret-access","refresh_token":"s3cret-refresh","expires_in":300,"token_type":"Bearer"}`)
}

// noNews answers /sync: what is asked with a position waits until the asker goes.
func noNews(rw http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("since") != "" {
		<-r.Context().Done()
		return
	}
	fmt.Fprint(rw, `{"next_batch":"s1"}`)
}

// No password is given: the command says where to sign in, and the login waits for that.
func TestLoginOnTheWeb(t *testing.T) {
	hs := newWebSignIn(t, true)
	p := newPlace(t, "[matrix]\n")
	p.must(t, "pw\n", "account", "add", "anna@msn.local", "--password-stdin")
	s := p.start(t)
	out := p.must(t, "", "login", "add", "anna@msn.local", "matrix", "user=@anna:matrix.test", "homeserver="+hs.URL)
	list := p.must(t, "", "login", "list")
	for _, w := range []string{hs.URL + "/link", "ABCD-EFGH"} {
		if !strings.Contains(out, w) || !strings.Contains(list, w) {
			t.Errorf("%q is missing in:\n%s\n%s", w, out, list)
		}
	}
	hs.approved.Store(true)
	s.await(t, "msg=connected")
	if out := p.must(t, "", "login", "list"); !strings.Contains(out, "connected since") {
		t.Error(out)
	}
	p.must(t, "", "login", "remove", "anna@msn.local", "matrix")
	if !hs.revoked.Load() {
		t.Error("the session was not ended")
	}
	if strings.Contains(s.log.String(), "s3cret") {
		t.Error("a token shows")
	}
}

// The browser begins at a short address of the gateway, and comes back there.
func TestLoginInABrowser(t *testing.T) {
	hs := newWebSignIn(t, false)
	p := newPlace(t, "[matrix]\n[web]\nlisten = \"127.0.0.1:0\"\n")
	p.must(t, "pw\n", "account", "add", "anna@msn.local", "--password-stdin")
	s := p.start(t)
	out := p.must(t, "", "login", "add", "anna@msn.local", "matrix", "user=@anna:matrix.test", "homeserver="+hs.URL)
	address := regexp.MustCompile(`http://\S+/s/\w+`).FindString(out)
	if address == "" {
		t.Fatalf("no address in:\n%s", out)
	}
	browser := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(page), "signed in") {
		t.Errorf("%s %v", page, err)
	}
	s.await(t, "msg=connected")
	p.must(t, "", "login", "remove", "anna@msn.local", "matrix")
	if !hs.revoked.Load() {
		t.Error("the session was not ended")
	}
	if strings.Contains(s.log.String(), "s3cret") {
		t.Error("a token shows")
	}
}
