package matrix

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"msnbridge/bridge"
)

// The gateway is away while 200 messages are sent to a ghost. The homeserver takes some seconds before it
// pushes again.
func TestGhostGatewayDown(t *testing.T) {
	m := newManor(t)
	o, bob, c, room := haunt(t, m)
	bob.say(room, "known")
	awaitText(o, "known")
	c.Close()
	m.stop()
	o.forget()
	want := make([]string, 200)
	for i := range want {
		want[i] = fmt.Sprint("n", i)
		bob.say(room, want[i])
	}
	m.resume(t)
	o.service = m.service
	o.connect()
	awaitTexts(o, want...)
}

// A homeserver that dies ends the connections of those who are signed in, and when it is back all
// goes on: also what could not be sent meanwhile is sent once.
func TestGhostHomeserverDown(t *testing.T) {
	m := newManor(t)
	o, bob, c, room := haunt(t, m)
	absent := m.ghost(t)
	absent.login.Initial = bridge.Presence{}
	sleeper := absent.connect()
	m.Kill(t)
	<-c.Done()
	if err := c.Err(); err == nil || errors.As(err, new(*bridge.RejectedError)) {
		t.Errorf("ended: %v", err)
	}
	later := func() (*Conn, error) {
		c, err := o.tryConnect()
		if err != nil && !errors.As(err, new(*bridge.LaterError)) {
			t.Fatalf("connect: %v", err)
		}
		return c, err
	}
	o.network = o.newNetwork()
	for range 3 {
		if _, err := later(); err == nil {
			t.Fatal("connected to nobody")
		}
	}
	m.Restart(t)
	until(t, "a connection", func() (ok bool) {
		c, _ = later()
		return c != nil
	})
	if err := c.Send(t.Context(), outgoing(bob.id(), "here I am")); err != nil {
		t.Fatal(err)
	}
	bob.say(room, "welcome back")
	awaitText(o, "welcome back")
	if sleeper.Err() != nil {
		t.Errorf("nobody was there to notice: %v", sleeper.Err())
	}
}

// Ghosts share a way to the homeserver, which the end of one does not take from the others.
func TestGhostTransport(t *testing.T) {
	m := haunted(t)
	_, bob, c, _ := haunt(t, m)
	other := m.ghost(t)
	other.network = c.net
	for range 3 {
		other.connect().Close()
		if err := c.Send(t.Context(), outgoing(bob.id(), "still here")); err != nil {
			t.Fatal(err)
		}
	}
}

// Of one room the homeserver does not tell the state for a while: no other waits for it, and then
// all is told.
func TestGhostStateFails(t *testing.T) {
	m := newManor(t)
	base, err := url.Parse(m.BaseURL)
	if err != nil {
		t.Fatal(err)
	}
	var broken atomic.Pointer[string]
	var refused atomic.Int64
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(base) }}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if room := broken.Load(); room != nil && strings.HasSuffix(r.URL.Path, *room+"/state") {
			refused.Add(1)
			http.Error(w, "no", http.StatusBadGateway)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	m.stop()
	m.front = front.URL
	m.resume(t)
	o, bob, carol := m.ghost(t), m.person(t, "Bob"), m.person(t, "Carol")
	c := o.connect()
	bad, good := bob.direct(o.me()), carol.direct(o.me())
	broken.Store(&bad)
	for _, who := range []*friend{bob, carol} {
		await(o, func(e bridge.Invited) bool { return e.Contact.Addr == addr(who.id()) })
		if err := c.Answer(t.Context(), addr(who.id()), true); err != nil {
			t.Fatal(err)
		}
	}
	bob.say(bad, "from bob")
	carol.say(good, "from carol")
	awaitText(o, "from carol")
	until(t, "another try", func() bool { return refused.Load() > 1 })
	for _, e := range have[bridge.MessageReceived](o) {
		t.Errorf("told too early: %+v", e)
	}
	broken.Store(nil)
	if got := awaitText(o, "from bob"); got.Name != "Bob" {
		t.Errorf("%+v", got)
	}
}
