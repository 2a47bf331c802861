package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/internal/testserver"
	"msnbridge/msn/client"
)

// A ghostCase is a daemon that is the application service of a homeserver of its own.
type ghostCase struct {
	*daemon
	hs  *testserver.DendriteServer
	url string // where the homeserver reaches the daemon

	asToken, hsToken string
}

// haunt starts a daemon with ghosts, and the homeserver that has its registration.
func haunt(t testing.TB, tables ...string) *ghostCase {
	t.Helper()
	c := hauntSoon(t, "", tables...)
	c.start()
	return c
}

// hauntSoon is haunt with nothing but the homeserver started.
func hauntSoon(t testing.TB, level string, tables ...string) *ghostCase {
	t.Helper()
	c := &ghostCase{daemon: prepare(t), url: fmt.Sprintf("http://127.0.0.1:%d", testserver.Port(t))}
	c.level = level
	c.haunts("http://127.0.0.1:1", tables) // nobody asks a homeserver before it runs
	c.hs = testserver.Dendrite(t, testserver.DendriteOptions{AppServices: []string{c.register()}})
	c.haunts(c.hs.BaseURL, tables)
	t.Cleanup(c.rest)
	return c
}

// rest stops the daemon, while it can still say goodbye to its homeserver.
func (c *ghostCase) rest() {
	if c.cmd != nil {
		c.stop()
	}
}

// haunts writes the configuration.
func (c *ghostCase) haunts(homeserver string, tables []string) {
	c.t.Helper()
	c.configure(append(tables, matrixTable, fmt.Sprintf("[matrix.appservice]\nlisten = %q\nurl = %q\nhomeserver = %q\ndomain = \"localhost\"\n"+
		"admins = [\"@boss:localhost\"]\n", strings.TrimPrefix(c.url, "http://"), c.url, homeserver))...)
}

// tokenIn finds a token in a registration.
var tokenIn = regexp.MustCompile(`(?m)^(as|hs)_token: *["']?([^\s"']+)`)

// register is the registration file as the command prints it, whose tokens are no log's business.
func (c *ghostCase) register() (yaml string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	cmd := c.command(ctx, "registration")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		c.t.Fatalf("msnbridge registration: %v: %s", err, &stderr)
	}
	tokens := map[string]string{}
	for _, m := range tokenIn.FindAllStringSubmatch(string(out), -1) {
		tokens[m[1]] = m[2]
		c.hush(m[2])
	}
	c.asToken, c.hsToken = tokens["as"], tokens["hs"]
	if len(c.asToken) < 20 || len(c.hsToken) < 20 || c.asToken == c.hsToken {
		c.t.Fatalf("the tokens of the registration have %d and %d bytes", len(c.asToken), len(c.hsToken))
	}
	return string(out)
}

// as is the case for a subtest.
func (c *ghostCase) as(t testing.TB) *ghostCase {
	sub := *c
	sub.daemon = c.daemon.as(t)
	return &sub
}

// ghostOf is the ghost of one of the daemon's users.
func ghostOf(handle string) id.UserID {
	local, domain, _ := strings.Cut(handle, "@")
	return id.UserID("@_msn_" + local + "_" + domain + ":localhost")
}

// A nioUser is somebody with a matrix-nio.
type nioUser struct {
	*testserver.NioClient
	t      testing.TB
	handle string // for MSN users
}

// nio is a new user of the homeserver at a matrix-nio.
func (c *ghostCase) nio(name string) *nioUser {
	c.t.Helper()
	userID, _ := c.hs.CreateUser(c.t, name, passwordOf(name))
	return &nioUser{testserver.Nio(c.t, c.hs, userID, passwordOf(name)), c.t, name + "@localhost"}
}

// invitedBy waits for an invitation of somebody, and accepts it.
func (n *nioUser) invitedBy(who id.UserID) (room string) {
	n.t.Helper()
	room = n.Wait(n.t, func(e testserver.NioEvent) bool { return e.Kind == "invited" && e.Sender == string(who) }).Room
	n.Do(n.t, map[string]any{"do": "join", "room": room})
	return room
}

// finds waits until somebody is in a room, or is not any more.
func (n *nioUser) finds(who id.UserID, room, membership string) testserver.NioEvent {
	n.t.Helper()
	return n.Wait(n.t, func(e testserver.NioEvent) bool {
		return e.Kind == "member" && e.Room == room && e.Sender == string(who) && e.Membership == membership
	})
}

// sees waits until somebody is seen with a presence.
func (n *nioUser) sees(who id.UserID, p event.Presence) testserver.NioEvent {
	n.t.Helper()
	return n.Wait(n.t, func(e testserver.NioEvent) bool {
		return e.Kind == "presence" && e.Sender == string(who) && e.Presence == string(p)
	})
}

// hears waits for the next text of somebody, which must be this one.
func (n *nioUser) hears(who id.UserID, room, text string) testserver.NioEvent {
	n.t.Helper()
	e := n.Wait(n.t, func(e testserver.NioEvent) bool { return e.Kind == "text" && e.Sender == string(who) && e.Room == room })
	if e.Text != text || e.Encrypted {
		n.t.Fatalf("%s heard %+v, want %q", n.UserID, e, text)
	}
	return e
}

// called is what somebody is called, or empty if there is no such user.
func (c *ghostCase) called(who id.UserID) string {
	c.t.Helper()
	var profile struct {
		Name string `json:"displayname"`
	}
	if status := c.ask(http.MethodGet, c.hs.BaseURL+"/_matrix/client/v3/profile/"+string(who), "", "", &profile); status != http.StatusOK {
		return ""
	}
	return profile.Name
}

// awaitCalled waits until somebody is called so.
func (c *ghostCase) awaitCalled(who id.UserID, name string) {
	c.t.Helper()
	last := ""
	until(c.t, fmt.Sprintf("%s is called %q", who, name), func() bool { last = c.called(who); return last == name })
}

// requests are accepted or declined by putting people on AL and FL, or on BL.
func (u *user) awaitRequest(handle string) { u.t.Helper(); u.awaitList(client.Reverse, handle, false) }

// hearOnce waits for the next text, shown late or not, which must be this one.
func (w *window) hearOnce(text string) client.Message {
	w.t.Helper()
	m := next(w.inbox, func(m client.Message) bool { return m.IsText })
	if undated(m.Text) != text {
		w.t.Fatalf("%s: heard %q, want %q", w.whose, m.Text, text)
	}
	return m
}

// peeked is how long typing, receipts and presence may take where the homeserver does not push them.
const peeked = 2 * time.Minute
