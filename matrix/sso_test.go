package matrix

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A detourServer lends pages over which a browser comes back, as the gateway's listener does.
type detourServer struct {
	server *httptest.Server
	mux    *http.ServeMux
	done   chan struct{} // closed when the pages are taken back
}

func newDetour(t *testing.T) *detourServer {
	d := &detourServer{mux: http.NewServeMux(), done: make(chan struct{})}
	d.server = httptest.NewServer(d.mux)
	t.Cleanup(d.server.Close)
	return d
}

func (d *detourServer) Open(_ string, to func(back string) string, came func(context.Context, url.Values) error) (string, func(), error) {
	d.mux.HandleFunc("/s/short", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, to(d.server.URL+"/back/long"), http.StatusFound)
	})
	d.mux.HandleFunc("/back/long", func(w http.ResponseWriter, r *http.Request) {
		if err := came(r.Context(), r.URL.Query()); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		fmt.Fprint(w, "signed in")
	})
	return d.server.URL + "/s/short", func() { close(d.done) }, nil
}

// browse opens an address as a browser does, and returns what it shows.
func browse(t *testing.T, address string) string {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return string(body)
}

// ssoScript is a homeserver with single sign-on, whose page sends a browser straight back. Its login
// tokens name the user they are for.
func ssoScript(t *testing.T) (*authScript, *owner, *detourServer) {
	a := newAuthScript(t)
	a.on("GET /v1/auth_metadata", func(*http.Request) answer { return fail(404, "M_UNRECOGNIZED") })
	a.on("GET /login", func(*http.Request) answer { return ok(`{"flows":[{"type":"m.login.sso"},{"type":"m.login.token"}]}`) })
	a.on("GET /login/sso/redirect", func(r *http.Request) answer {
		return answer{status: 302, header: http.Header{"Location": {r.URL.Query().Get("redirectUrl") + "?loginToken=@me:x"}}}
	})
	a.on("POST /login", func(*http.Request) answer {
		asked := a.asked("POST /login")
		_, user, _ := strings.Cut(asked[len(asked)-1], `"token":"`)
		user, _, _ = strings.Cut(user, `"`)
		if !strings.HasPrefix(user, "@") {
			return fail(403, "M_FORBIDDEN")
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.issue()
		return ok(fmt.Sprintf(`{"user_id":%q,"device_id":"DEV","access_token":"A%d","refresh_token":"R%[2]d","expires_in_ms":300000}`, user, a.issued))
	})
	a.on("POST /logout", func(*http.Request) answer { return ok(`{}`) })
	o := a.owner()
	d := newDetour(t)
	o.detour = d
	return a, o, d
}

// connecting connects meanwhile; the function that it returns waits for the outcome.
func (o *owner) connecting() (outcome func() error) {
	ended := make(chan error, 1)
	go func() {
		_, err := o.tryConnect()
		ended <- err
	}()
	return func() error {
		o.t.Helper()
		select {
		case err := <-ended:
			return err
		case <-time.After(patience):
			o.t.Fatal("Connect does not return")
			return nil
		}
	}
}

func TestSSO(t *testing.T) {
	a, o, d := ssoScript(t)
	linked := o.connecting()
	text := o.told()
	for _, w := range []string{d.server.URL + "/s/short", "@me:x", "20 minutes"} {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in %q", w, text)
		}
	}
	// What is not good is refused in the browser, and the owner may try again.
	for query, want := range map[string]string{
		"":                      "no sign-in",
		"loginToken=":           "no sign-in",
		"loginToken=old":        "does not take this sign-in any more",
		"loginToken=%40eve%3Ax": "belongs to @eve:x",
	} {
		if page := browse(t, d.server.URL+"/back/long?"+query); !strings.Contains(page, want) {
			t.Errorf("%s shows %q", query, page)
		}
	}
	if n := len(a.asked("POST /logout")); n != 1 {
		t.Errorf("%d sessions of others ended", n)
	}
	if page := browse(t, d.server.URL+"/s/short"); page != "signed in" {
		t.Errorf("the page shows %q", page)
	}
	if err := linked(); err != nil {
		t.Fatal(err)
	}
	<-d.done
	asked := a.asked("POST /login")
	for _, w := range []string{`"type":"m.login.token"`, `"initial_device_display_name":"msnbridge"`, `"refresh_token":true`} {
		if !strings.Contains(asked[len(asked)-1], w) {
			t.Errorf("%s is missing in %s", w, asked[len(asked)-1])
		}
	}
	if s, _ := storedSession(t.Context(), o.state); s.How != authSSO || s.Refresh == "" {
		t.Errorf("kept %+v", s)
	}
}

func TestSSOTooLate(t *testing.T) {
	_, o, d := ssoScript(t)
	o.times.Approve = 10 * time.Millisecond
	_, err := o.tryConnect()
	wants(t, err, "nobody approved", "login matrix user=@me:x")
	<-d.done
	if page := browse(t, d.server.URL+"/s/short"); !strings.Contains(page, "over") {
		t.Errorf("the page shows %q", page)
	}
}

func TestSSOTriedTooOften(t *testing.T) {
	_, o, d := ssoScript(t)
	linked := o.connecting()
	o.told()
	for range maxArrivals {
		browse(t, d.server.URL+"/back/long?loginToken=guess")
	}
	wants(t, linked(), "too often")
}
