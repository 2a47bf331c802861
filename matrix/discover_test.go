package matrix

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"msnbridge/bridge"
)

// web makes a network for which every host is a server with this .well-known file.
func web(t *testing.T, status int, wellKnown string) *Network {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			w.Write([]byte(`{"m.homeserver":{"base_url":"https://new.example.org"}}`))
			return
		}
		if r.URL.Path != "/.well-known/matrix/client" {
			http.Error(w, "no", http.StatusTeapot)
			return
		}
		if status/100 == 3 {
			w.Header().Set("Location", wellKnown)
		}
		w.WriteHeader(status)
		w.Write([]byte(wellKnown))
	}))
	t.Cleanup(server.Close)
	n, err := New(Config{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDiscover(t *testing.T) {
	for name, test := range map[string]struct {
		status    int
		wellKnown string
		want, err string
	}{
		"elsewhere":    {200, `{"m.homeserver":{"base_url":"https://hs.example.org/"}}`, "https://hs.example.org", ""},
		"with a path":  {200, `{"m.homeserver":{"base_url":"https://example.org/matrix"}}`, "https://example.org/matrix", ""},
		"none":         {404, ``, "https://example.org", ""},
		"a web page":   {200, `<html>`, "", "homeserver=URL"},
		"no address":   {200, `{"m.homeserver":{}}`, "", "homeserver=URL"},
		"server error": {500, `{"m.homeserver":{"base_url":"https://hs.example.org"}}`, "", "HTTP 500"},
		"empty":        {200, ``, "", "homeserver=URL"},
		"huge":         {200, strings.Repeat(" ", maxWellKnown) + `{}`, "", "longer than"},
		"redirect":     {302, "https://other.example/moved", "https://new.example.org", ""},
		"out of TLS":   {302, "http://other.example/moved", "", "leads elsewhere"},
		"in circles":   {302, "/.well-known/matrix/client", "", "leads elsewhere"},
		"odd address":  {200, `{"m.homeserver":{"base_url":"file:///etc/passwd"}}`, "", "homeserver=URL"},
	} {
		t.Run(name, func(t *testing.T) {
			n := web(t, test.status, test.wellKnown)
			login := bridge.Login{Keys: map[string]string{"user": "@me:example.org"}, State: newMemory("")}
			u, err := n.locate(t.Context(), login)
			if err != nil != (test.err != "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("got %v", err)
			}
			if err == nil && u.String() != test.want {
				t.Errorf("found %s", u)
			}
		})
	}
}

// A homeserver that was found once is still there when the .well-known file is not.
func TestDiscoverLater(t *testing.T) {
	login := bridge.Login{Keys: map[string]string{"user": "@me:example.org"}, State: newMemory("")}
	if _, err := web(t, 200, `{"m.homeserver":{"base_url":"https://hs.example.org"}}`).locate(t.Context(), login); err != nil {
		t.Fatal(err)
	}
	u, err := web(t, 500, `oops`).locate(t.Context(), login)
	if err != nil || u.String() != "https://hs.example.org" {
		t.Errorf("found %v, %v", u, err)
	}
}

func TestNoHomeserver(t *testing.T) {
	n := web(t, 404, "")
	login := bridge.Login{Keys: map[string]string{"user": "@me:example.org"}, State: newMemory("x"), Secret: "x"}
	_, err := n.Connect(t.Context(), login, nil)
	if err == nil || errors.As(err, new(*bridge.RejectedError)) || !strings.Contains(err.Error(), "no Matrix homeserver at example.org") {
		t.Errorf("got %v", err)
	}
}

// A homeserver is asked for again only when it is not where it was.
func TestDiscoverMoved(t *testing.T) {
	s := newScript(t)
	login := bridge.Login{Keys: map[string]string{"user": "@me:example.org"}, State: newMemory("")}
	if err := login.State.Put(t.Context(), stateHomeserver, []byte(s.server.URL)); err != nil {
		t.Fatal(err)
	}
	n, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	if u, err := n.locate(t.Context(), login); err != nil || u.String() != s.server.URL {
		t.Errorf("found %v, %v", u, err)
	}
	s.server.Close()
	u, err := web(t, 200, `{"m.homeserver":{"base_url":"https://new.example.org"}}`).locate(t.Context(), login)
	if err != nil || u.String() != "https://new.example.org" {
		t.Errorf("found %v, %v", u, err)
	}
}

func TestHostOf(t *testing.T) {
	for server, want := range map[string]string{
		"example.org": "example.org", "example.org:8448": "example.org", "1.2.3.4:8448": "1.2.3.4",
		"[::1]": "[::1]", "[::1]:8448": "[::1]",
	} {
		if got := hostOf(server); got != want {
			t.Errorf("%s is at %s", server, got)
		}
	}
}
