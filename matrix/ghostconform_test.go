package matrix

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

func TestGhostConformance(t *testing.T) {
	m := newManor(t)
	n, err := New(Config{Times: quickly, Appservice: m.service})
	if err != nil {
		t.Fatal(err)
	}
	bridgetest.Run(t, &ghostHarness{harness: harness{hs: m.DendriteServer, network: n}, manor: m})
}

// A ghostHarness runs the conformance test with ghosts.
type ghostHarness struct {
	harness
	manor *manor
}

func (h *ghostHarness) Login(t testing.TB) bridge.Login {
	o := h.manor.ghost(t)
	o.login.State = &bridgetest.State{}
	return o.login
}

func (h *ghostHarness) Friend(t testing.TB, login bridge.Login) bridgetest.Friend {
	bob, own := h.manor.person(t, "Bob"), h.manor.puppet(t, login.Keys["user"])
	room := bob.direct(own.id())
	own.join(room)
	own.do("m.direct", own.SetAccountData(context.Background(), typeDirect, map[string][]string{bob.id(): {room}}))
	p := &player{friend: bob, room: room, me: own.id()}
	p.Be(t, bridge.Online)
	return p
}

func (h *ghostHarness) Features() bridgetest.Features {
	f := h.harness.Features()
	f.Elsewhere, f.Blocks = nil, false
	return f
}

// puppet is a ghost in the hands of a test, as if an earlier connection had done it.
func (m *manor) puppet(t testing.TB, user string) *friend {
	f := newFriend(t, m.DendriteServer, user, testASToken)
	local, _, _ := splitUserID(user)
	_, _, err := f.Register(t.Context(), &mautrix.ReqRegister[any]{
		Username: local, Type: mautrix.AuthTypeAppservice, InhibitLogin: true,
	})
	if codeOf(err) != "M_USER_IN_USE" {
		f.do("register", err)
	}
	f.SetAppServiceUserID, f.UserID = true, id.UserID(user)
	return f
}

// Nobody is lent anybody else's ghost, and no token goes elsewhere.
func TestGhostKeys(t *testing.T) {
	m := haunted(t)
	o := m.ghost(t)
	n := o.newNetwork()
	with := func(more ...string) map[string]string {
		keys := maps.Clone(o.login.Keys)
		for i := 0; i < len(more); i += 2 {
			keys[more[i]] = more[i+1]
		}
		return keys
	}
	for name, test := range map[string]struct {
		keys   map[string]string
		secret bridge.Secret
		want   string
	}{
		"as it is lent":      {with(), "", ""},
		"a secret":           {with(), "x", "no password"},
		"a homeserver":       {with("homeserver", "https://evil.example"), "", "belongs to [matrix.appservice]"},
		"somebody else":      {with("user", "@bob:localhost"), "", "not one of this service's own"},
		"another spelling":   {with("user", "@_msn_=61_msn.local:localhost"), "", "not one of this service's own"},
		"not by the service": {map[string]string{"user": o.me()}, "x", "this service's own"},
		"by a token":         {with("auth", "token"), "x", "this service's own"},
	} {
		if err := n.Check(test.keys, test.secret); test.want == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		} else if test.want != "" {
			says(t, err, test.want)
		}
	}
	keys, ok := n.Lend(o.login.Account)
	if !ok || !maps.Equal(keys, o.login.Keys) || !n.Lent(keys) || n.Lent(map[string]string{"user": "@bob:localhost"}) {
		t.Errorf("lent %v, %v", keys, ok)
	}
	o.login.Account = "mallory@msn.local"
	_, err := o.tryConnect()
	wants(t, err, "is not the ghost of mallory@msn.local")
	o.service = nil
	if _, ok := o.newNetwork().Lend("alice@msn.local"); ok {
		t.Error("a ghost without an application service")
	}
	says(t, o.newNetwork().Check(with(), ""), "[matrix.appservice]")
}

// An operator takes the application service away, or has other ghosts. Those that were lent wait,
// nobody is told that a login of theirs was refused, and the log says it once.
func TestGhostsWithoutService(t *testing.T) {
	var log bytes.Buffer
	o := newOwner(t, map[string]string{"user": "@_msn_me_msn.local:localhost", "auth": "appservice"}, "")
	o.login.Log = slog.New(slog.NewTextHandler(&log, nil))
	o.network = o.newNetwork()
	for range 3 {
		_, err := o.tryConnect()
		later, ok := errors.AsType[*bridge.LaterError](err)
		if !ok || !later.Quiet || later.Wait < time.Hour {
			t.Fatalf("%#v", err)
		}
		says(t, err, "[matrix.appservice] is missing")
	}
	if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), "cannot be used") {
		t.Errorf("%d lines: %s", n, &log)
	}
}

// says makes sure of what an error says.
func says(t testing.TB, err error, words string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("got %v; want %q", err, words)
	}
}
