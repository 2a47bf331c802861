package matrix

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"msnbridge/bridge"
	"msnbridge/internal/testserver"
	"msnbridge/matrix/appservice"
)

var (
	servers    testserver.Package
	homeserver = testserver.Share(&servers, func(t testing.TB) *testserver.DendriteServer {
		return testserver.Dendrite(t, testserver.DendriteOptions{})
	})
)

func TestMain(m *testing.M) {
	code := servers.Main(m)
	// The other client with which emoji are compared leaves a clock behind.
	clock := "maunium.net/go/mautrix/crypto/verificationhelper.(*VerificationHelper).expireTransactionAt.func1"
	if err := goleak.Find(goleak.IgnoreAnyFunction(clock)); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// A memory is a login's state and secret, as a store would keep them.
type memory struct {
	mu     sync.Mutex
	values map[string][]byte
	secret bridge.Secret
	broken string // a key that cannot be stored
}

func newMemory(secret string) *memory {
	return &memory{values: map[string][]byte{}, secret: bridge.Secret(secret)}
}

func (m *memory) Get(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[key], nil
}

func (m *memory) Put(_ context.Context, key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if key == m.broken {
		return errors.New("the store is not well")
	}
	m.values[key] = slices.Clone(value)
	return nil
}

// fail has Put fail for a key, until it is called again.
func (m *memory) fail(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = key
}

func (m *memory) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.values, key)
	return nil
}

func (m *memory) Keys(_ context.Context, prefix string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := slices.Sorted(maps.Keys(m.values))
	return slices.DeleteFunc(keys, func(k string) bool { return !strings.HasPrefix(k, prefix) }), nil
}

func (m *memory) ReplaceSecret(_ context.Context, s bridge.Secret) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.secret = s
	return nil
}

// An owner is the account of a login: it takes what is emitted.
type owner struct {
	t       testing.TB
	state   *memory
	maxFile int64
	login   bridge.Login
	times   Times
	crypto  func(context.Context) (*Crypto, error)
	asked   chan string // what the owner was told; nil: nothing is
	detour  Detour
	service *appservice.Service // nil: there are no ghosts
	network *Network            // nil: each connection has one of its own

	mu       sync.Mutex
	events   []bridge.Event // not waited for yet
	notices  []string       // of the service contact
	position []byte
	refusals int           // emits to refuse
	news     chan struct{} // closed at the next emit
}

func newOwner(t testing.TB, keys map[string]string, secret string) *owner {
	o := &owner{t: t, state: newMemory(secret), news: make(chan struct{})}
	o.crypto = testCrypto(t)
	o.times = Times{Retry: 20 * time.Millisecond}
	o.login = bridge.Login{
		Account: "me@msn.local", Network: "matrix", Keys: keys, State: o.state,
		Since: time.Now().Unix() - 1, Initial: bridge.Presence{State: bridge.Online},
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	o.login.Say = o.hear
	return o
}

// hear takes what the service contact says.
func (o *owner) hear(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.notices = append(o.notices, text)
}

func (o *owner) emit(_ context.Context, evs []bridge.Event, position []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refusals > 0 {
		o.refusals--
		return errors.New("the store is not well")
	}
	o.events = append(o.events, evs...)
	if position != nil {
		o.position = slices.Clone(position)
	}
	close(o.news)
	o.news = make(chan struct{})
	return nil
}

func (o *owner) newNetwork() *Network {
	n, err := New(Config{
		MaxFile: o.maxFile, Times: o.times, Crypto: o.crypto, Log: o.login.Log, Detour: o.detour, Page: "https://msn.example.org",
		Appservice: o.service,
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return n
}

// tryConnect connects as the bridge does, with all that was kept.
func (o *owner) tryConnect() (*Conn, error) {
	n := o.network
	if n == nil {
		n = o.newNetwork()
	}
	o.mu.Lock()
	o.login.Position = o.position
	o.mu.Unlock()
	o.login.Secret = o.state.secret
	c, err := n.Connect(o.t.Context(), o.login, o.emit)
	if err != nil {
		return nil, err
	}
	o.t.Cleanup(func() { c.Close() })
	return c.(*Conn), nil
}

func (o *owner) connect() *Conn {
	o.t.Helper()
	c, err := o.tryConnect()
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

// await returns the first event of type E for which ok holds (nil: any), and forgets it.
func await[E bridge.Event](o *owner, ok func(E) bool) E {
	o.t.Helper()
	timeout := time.After(patience)
	for {
		o.mu.Lock()
		for i, ev := range o.events {
			if e, is := ev.(E); is && (ok == nil || ok(e)) {
				o.events = slices.Delete(o.events, i, i+1)
				o.mu.Unlock()
				return e
			}
		}
		news := o.news
		o.mu.Unlock()
		select {
		case <-news:
		case <-timeout:
			o.mu.Lock()
			defer o.mu.Unlock()
			var none E
			o.t.Fatalf("no %T came; there is %+v", none, o.events)
		}
	}
}

// awaitText waits for a message with this text.
func awaitText(o *owner, text string) bridge.Message {
	o.t.Helper()
	return awaitMessage(o, func(m bridge.Message) bool { return m.Text == text })
}

// awaitMessage waits for a message. One that is encrypted may come in the place of the line that
// says that its key is missing, which is then forgotten: the homeserver need not send both at once.
func awaitMessage(o *owner, ok func(bridge.Message) bool) (m bridge.Message) {
	o.t.Helper()
	late := false
	await(o, func(e bridge.Event) bool {
		switch e := e.(type) {
		case bridge.MessageReceived:
			m, late = e.Message, false
		case bridge.MessageReplaced:
			if e.New == nil || e.ID != waitingID(e.New.ID) {
				return false
			}
			m, late = *e.New, true
		default:
			return false
		}
		return ok(m)
	})
	if late {
		await(o, func(e bridge.MessageReceived) bool { return e.Message.ID == waitingID(m.ID) })
	}
	return m
}

// have lists the events of type E that have come and were not waited for.
func have[E bridge.Event](o *owner) []E {
	o.mu.Lock()
	defer o.mu.Unlock()
	var found []E
	for _, ev := range o.events {
		if e, is := ev.(E); is {
			found = append(found, e)
		}
	}
	return found
}

// forget drops what has come.
func (o *owner) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events = nil
}

// until waits until ok holds.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not in time", what)
		}
		if pause(t.Context(), 10*time.Millisecond) != nil {
			t.Fatal("test over")
		}
	}
}

func outgoing(to, text string) bridge.Message {
	return bridge.Message{
		ID: fmt.Sprintf("key-%d", time.Now().UnixNano()), Chat: addr(to), Text: text, Time: time.Now(),
	}
}

func contextWithTimeout(t testing.TB, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}
