package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"msnbridge/msn/client"
)

// ours are the sessions that a daemon has made.
func (u *matrixUser) ours() (devices []id.DeviceID) {
	u.t.Helper()
	resp, err := u.GetDevicesInfo(bounded(u.t))
	if err != nil {
		u.t.Fatal(err)
	}
	for _, d := range resp.Devices {
		if d.DeviceID != u.deviceID() {
			devices = append(devices, d.DeviceID)
		}
	}
	return devices
}

// deviceID is that of the test's own session.
func (u *matrixUser) deviceID() id.DeviceID {
	u.t.Helper()
	if u.DeviceID == "" {
		who, err := u.Whoami(bounded(u.t))
		if err != nil {
			u.t.Fatal(err)
		}
		u.DeviceID = who.DeviceID
	}
	return u.DeviceID
}

// revoke signs a session of the user's out.
func (u *matrixUser) revoke(device id.DeviceID) {
	u.t.Helper()
	req := &mautrix.ReqDeleteDevice[any]{Auth: map[string]any{
		"type": mautrix.AuthTypePassword, "password": passwordOf(u.UserID.Localpart()),
		"identifier": map[string]any{"type": "m.id.user", "user": u.UserID},
	}}
	if err := u.DeleteDevice(bounded(u.t), device, req); err != nil {
		u.t.Fatal(err)
	}
}

// relink is what the user is told to say, as far as it is the same for everybody.
func (c *matrixCase) relink(homeserver string) string {
	return "login matrix user=" + string(c.elsewhere.UserID) + " homeserver=" + homeserver + " password="
}

// endsOnce waits for what the service contact says of a login that has ended, and gives its window.
func (c *matrixCase) endsOnce(a *user, parts ...string) *window {
	c.t.Helper()
	w := a.answer(gateway)
	if text := w.hearSome("has ended").Text; !containsAll(text, parts) {
		c.t.Errorf("told %q, which lacks one of %q", text, parts)
	}
	return w
}

// A session that was signed out elsewhere is told of once, over a restart too, and the login can be
// linked anew, with all its contacts.
func TestMatrixRevoked(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "rk")
	a, room := c.linked()
	c.elsewhere.revoke(c.elsewhere.ours()[0])
	again := c.relink(c.hs.BaseURL)
	w := c.endsOnce(a, "was signed out there", again)
	w.wantAnswer("status", "matrix: ", "no longer accepts")
	c.stop()
	c.start()
	a = c.signIn(c.handle)
	if !a.has(client.Forward, handleOf(c.bob)) {
		t.Error("the contact has gone with the session")
	}
	from := c.log.len()
	until(t, "the login is refused again", func() bool {
		text, _ := c.log.since(from)
		return strings.Contains(c.must("", "login", "list", c.handle), "no longer accepts") || bytes.Contains(text, []byte("login rejected"))
	})
	w = a.call(gateway)
	w.wantAnswer("status", "no longer accepts")
	w.wantAnswer(again+passwordOf(c.elsewhere.UserID.Localpart()), "connected")
	c.bob.say(room, words("welcome back"))
	a.answer(handleOf(c.bob)).hear(words("welcome back"))
	none(a.inbox, func(r client.Ring) bool { return r.Handle == gateway })
	none(w.inbox, func(m client.Message) bool { return strings.Contains(m.Text, "has ended") })
}

// A soft logout asks for the password again, and keeps the session.
func TestMatrixSoftLogout(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "sl")
	gate := newSoftGate(t, c.hs.BaseURL)
	room, me := c.chat(), c.elsewhere.UserID
	a := c.signIn(c.handle)
	password := passwordOf(me.Localpart())
	c.login(c.handle, "matrix", password, "user="+string(me), "homeserver="+gate.url)
	a.awaitContact(handleOf(c.bob))
	before := c.elsewhere.ours()
	gate.close()
	again := c.relink(gate.url)
	w := c.endsOnce(a, "asks for the password again", "are kept", again)
	w.wantAnswer(again+password, "connected")
	c.bob.say(room, words("welcome back"))
	a.answer(handleOf(c.bob)).hear(words("welcome back"))
	if after := c.elsewhere.ours(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("the sessions were %v, and are %v", before, after)
	}
}

// A softGate stands before a homeserver. Tokens from before it was closed last are logged out softly.
type softGate struct {
	url   string
	proxy *httputil.ReverseProxy

	mu     sync.Mutex // guards the rest
	known  map[string]bool
	out    map[string]bool
	closed chan struct{} // closed at the next close
}

func newSoftGate(t testing.TB, homeserver string) *softGate {
	t.Helper()
	target, err := url.Parse(homeserver)
	if err != nil {
		t.Fatal(err)
	}
	g := &softGate{proxy: httputil.NewSingleHostReverseProxy(target), known: map[string]bool{}, closed: make(chan struct{})}
	transport := &http.Transport{}
	g.proxy.Transport = transport
	g.proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	s := httptest.NewServer(g)
	t.Cleanup(func() {
		s.Close()
		transport.CloseIdleConnections()
	})
	g.url = s.URL
	return g
}

// close logs all out.
func (g *softGate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.out, g.known = g.known, map[string]bool{}
	close(g.closed)
	g.closed = make(chan struct{})
}

// ServeHTTP implements http.Handler. A long poll that is under way when the gate is closed ends.
func (g *softGate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token := r.Header.Get("Authorization")
	g.mu.Lock()
	out, closed := g.out[token], g.closed
	if !out && token != "" {
		g.known[token] = true
	}
	g.mu.Unlock()
	if out {
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"errcode":"M_UNKNOWN_TOKEN","error":"expired","soft_logout":true}`)
		return
	}
	ctx, cancel := contextUntil(r.Context(), closed)
	defer cancel()
	g.proxy.ServeHTTP(w, r.WithContext(ctx))
}

// contextUntil is a context that ends with the channel, too.
func contextUntil(ctx context.Context, end <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		select {
		case <-end:
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// Removing a login signs its session out, and only that one; a token that the user has brought is
// left alone.
func TestMatrixLogout(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "lo")
	a, _ := c.linked()
	if mine := c.elsewhere.ours(); len(mine) != 1 {
		t.Fatalf("sessions: %v", mine)
	}
	c.must("", "login", "remove", c.handle, "matrix")
	a.awaitList(client.Forward, handleOf(c.bob), true)
	if mine := c.elsewhere.ours(); len(mine) != 0 {
		t.Errorf("sessions are left: %v", mine)
	}

	c.login(c.handle, "matrix", c.elsewhere.AccessToken, "user="+string(c.elsewhere.UserID), "homeserver="+c.hs.BaseURL, "auth=token")
	a.awaitContact(handleOf(c.bob))
	a.call(gateway).wantAnswer("logout matrix", "removed")
	if mine := c.elsewhere.ours(); len(mine) != 0 { // which fails if the token is gone
		t.Errorf("sessions: %v", mine)
	}
}
