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
		if r.URL.Path != "/.well-known/matrix/client" {
			http.Error(w, "no", http.StatusTeapot)
			return
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
		"elsewhere":   {200, `{"m.homeserver":{"base_url":"https://hs.example.org/"}}`, "https://hs.example.org", ""},
		"with a path": {200, `{"m.homeserver":{"base_url":"https://example.org/matrix"}}`, "https://example.org/matrix", ""},
		"none":        {404, ``, "https://example.org", ""},
		"a web page":  {200, `<html>`, "", "homeserver=URL"},
		"no address":  {200, `{"m.homeserver":{}}`, "", "homeserver=URL"},
		"odd address": {200, `{"m.homeserver":{"base_url":"file:///etc/passwd"}}`, "", "homeserver=URL"},
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
