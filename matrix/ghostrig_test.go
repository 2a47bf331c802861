package matrix

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver

	"msnbridge/bridge"
	"msnbridge/internal/testserver"
	"msnbridge/matrix/appservice"
)

// A manor is a homeserver with an application service.
type manor struct {
	*testserver.DendriteServer
	t       testing.TB
	dir     string // of the log
	address string // where the homeserver pushes to
	front   string // what stands before the homeserver; empty: nothing
	log     *slog.Logger

	service *appservice.Service
	stop    func() // ends it
}

var haunted = testserver.Share(&servers, newManor)

const (
	testASToken = "as-token-for-tests"
	testHSToken = "hs-token-for-tests"
)

var testSpace = appservice.Namespace{Prefix: "_msn_", Server: "localhost"}

// newManor starts a homeserver and the service, which belong to t.
func newManor(t testing.TB) *manor {
	dir, err := os.MkdirTemp("", "manor")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	ln := listen(t, "127.0.0.1:0")
	m := &manor{t: t, dir: dir, address: ln.Addr().String(), log: slog.New(slog.DiscardHandler)}
	m.DendriteServer = testserver.Dendrite(t, testserver.DendriteOptions{AppServices: []string{fmt.Sprintf(`
id: msnbridge
url: http://%s
as_token: %s
hs_token: %s
sender_localpart: msnbot
rate_limited: false
namespaces:
  users:
    - exclusive: true
      regex: '%s'
  aliases: []
  rooms: []
`, m.address, testASToken, testHSToken, testSpace.Regex())}})
	m.begin(ln)
	t.Cleanup(func() { m.stop() })
	return m
}

func listen(t testing.TB, address string) net.Listener {
	t.Helper()
	var ln net.Listener
	until(t, "a listener at "+address, func() bool {
		var err error
		ln, err = net.Listen("tcp", address)
		return err == nil
	})
	return ln
}

// begin has the service serve, with what was pushed to the one before.
func (m *manor) begin(ln net.Listener) {
	m.service, m.stop = serve(m.t, ln, m.dir, appservice.Config{
		Server: m.ServerName, Homeserver: orSo(m.front, m.BaseURL), Log: m.log,
	})
}

// serve runs a service until stop is called.
func serve(t testing.TB, ln net.Listener, dir string, c appservice.Config) (s *appservice.Service, stop func()) {
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "journal_mode(WAL)"}}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "log.db")+"?"+query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	c.Bot, c.Prefix, c.ASToken, c.HSToken = "msnbot", testSpace.Prefix, testASToken, testHSToken
	c.Open = func(context.Context) (*sql.DB, string, error) { return db, "sqlite", nil }
	if s, err = appservice.New(c); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln, fullHouse{}) }()
	return s, sync.OnceFunc(func() {
		cancel()
		<-done
		db.Close()
	})
}

// resume starts the service again where it was.
func (m *manor) resume(t testing.TB) { m.begin(listen(t, m.address)) }

// A fullHouse is a bridge that has every account; the tests make the logins.
type fullHouse struct{ appservice.House }

func (fullHouse) Account(_ context.Context, handle string) (bridge.AccountInfo, error) {
	return bridge.AccountInfo{Handle: handle}, nil
}

func (fullHouse) Accounts(context.Context) ([]bridge.AccountInfo, error) { return nil, nil }

func (fullHouse) Lend(context.Context, string, string, int64) error { return nil }

func (fullHouse) Logins(context.Context, string) ([]bridge.LoginStatus, error) { return nil, nil }

var ghostNumber atomic.Int64

// quickly are the times of ghosts in tests.
var quickly = Times{
	Retry: 20 * time.Millisecond, Peek: 100 * time.Millisecond, Look: 200 * time.Millisecond, Glance: 10 * time.Millisecond,
}

// ghost is the owner of a login that was lent to a new account.
func (m *manor) ghost(t testing.TB) *owner {
	o := newOwner(t, nil, "")
	o.service, o.times = m.service, quickly
	o.login.Account = fmt.Sprintf("g%d@msn.local", ghostNumber.Add(1))
	user, ok := testSpace.UserID(o.login.Account)
	if !ok {
		t.Fatal("no ghost")
	}
	o.login.Keys = map[string]string{"user": user, "auth": "appservice"}
	return o
}

func (o *owner) me() string { return o.login.Keys["user"] }

// person is somebody with an account of their own.
func (m *manor) person(t testing.TB, name string) *friend {
	user, token := m.CreateUser(t, fmt.Sprintf("p%d-%s", userNumber.Add(1), strings.ToLower(name)), "a good password")
	f := newFriend(t, m.DendriteServer, user, token)
	f.do("name", f.SetDisplayName(t.Context(), name))
	return f
}

// haunt is a ghost that is in a direct chat with somebody who has begun it.
func haunt(t *testing.T, m *manor) (o *owner, bob *friend, c *Conn, room string) {
	o, bob = m.ghost(t), m.person(t, "Bob")
	c = o.connect()
	room = bob.direct(o.me())
	await(o, func(e bridge.Invited) bool { return e.Contact.Addr == addr(bob.id()) })
	if err := c.Answer(t.Context(), addr(bob.id()), true); err != nil {
		t.Fatal(err)
	}
	await(o, func(e bridge.ContactFound) bool { return e.Contact.Addr == addr(bob.id()) && e.Contact.Name == "Bob" })
	return o, bob, c, room
}
