package matrix

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Where a homeserver refers to, nobody is given our token, though it be at the same host.
func TestTokenStaysHome(t *testing.T) {
	s := newScript(t)
	c := s.owner().connect()
	asked := make(chan string, 10)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header.Get("Authorization")
		io.WriteString(w, `{"joined_rooms":["!r:x"]}`)
	}))
	defer other.Close()
	s.on("GET /joined_rooms", func(*http.Request) answer {
		return answer{status: 307, header: http.Header{"Location": {other.URL + "/rooms"}}}
	})
	if rooms, err := c.api.joinedRooms(t.Context()); err != nil || len(rooms) != 1 {
		t.Fatal(rooms, err)
	}
	if token := <-asked; token != "" {
		t.Errorf("%q was sent", token)
	}
}

// A homeserver out there cannot have us ask around in the house, by whatever name.
func TestHouseIsClosed(t *testing.T) {
	o := newScript(t).owner()
	n, err := New(Config{Times: o.times})
	if err != nil {
		t.Fatal(err)
	}
	a, err := n.newAPI(&url.URL{Scheme: "https", Host: "1.1.1.1"}, o.login, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	inside := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s was asked for", r.URL) }))
	defer inside.Close()
	for _, address := range []string{inside.URL, strings.Replace(inside.URL, "127.0.0.1", "localhost", 1),
		strings.Replace(inside.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1)} {
		resp, err := a.client.Client.Get(address + "/token")
		if err == nil {
			resp.Body.Close()
		}
		if !errors.Is(err, errPrivate) {
			t.Errorf("%s: %v", address, err)
		}
		if a.fitEndpoint(strings.Replace(address, "http:", "https:", 1)) {
			t.Errorf("%s is a fit endpoint", address)
		}
	}
}

// A redirect does not lead out of TLS.
func TestRedirectKeepsTLS(t *testing.T) {
	for to, want := range map[string]error{"https://b/": nil, "http://b/": http.ErrUseLastResponse} {
		from, next := httptest.NewRequest(http.MethodGet, "https://a/", nil), httptest.NewRequest(http.MethodGet, to, nil)
		if err := fewRedirects(next, []*http.Request{from}); !errors.Is(err, want) {
			t.Errorf("%s: %v", to, err)
		}
	}
}

// When the pages end, a browser does not wait for a homeserver that is slow to sign somebody in.
func TestArrivalEnds(t *testing.T) {
	arrivals := make(chan arrival, 1) // taken, and never told
	serving, stop := context.WithCancel(t.Context())
	stop()
	for len(arrivals) == 0 {
		err := arrive(t.Context(), serving, arrivals, url.Values{"loginToken": {"x"}})
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}

// Whose session it is may be found out only after a restart.
func TestWrongUserLater(t *testing.T) {
	a := newAuthScript(t)
	a.issued, a.whose = 1, "@eve:x"
	o := a.owner()
	s := session{How: authOAuth, User: "@me:x", Of: digest(""), Client: "client-1"}.renewed("A1", "R1", 0)
	if err := s.keep(t.Context(), o.state); err != nil {
		t.Fatal(err)
	}
	_, err := o.tryConnect()
	wants(t, err, "for @me:x", "@eve:x")
	if s, err := storedSession(t.Context(), o.state); s.How != "" || err != nil {
		t.Errorf("kept %v %v", s.How, err)
	}
	a.set(func() {
		if !a.revoked {
			t.Error("the session of another user goes on")
		}
	})
}
