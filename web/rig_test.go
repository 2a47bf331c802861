package web

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
	"msnbridge/internal/testserver"
	"msnbridge/store"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(testserver.Waiter))
}

const alice = "alice@msn.test"

// A rig is a server for a running bridge with one account, which has a login.
type rig struct {
	*Server
	t    testing.TB
	ctx  context.Context // of the test, bounded
	net  *bridgetest.Network
	log  *lockedBuffer
	stop func() // the server, then the rest
}

// A lockedBuffer is what a server has logged.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newRig(t testing.TB, conf ...Config) *rig {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	r := &rig{t: t, ctx: ctx, net: bridgetest.New(bridgetest.Options{Name: "net"}), log: &lockedBuffer{}}
	st, err := store.Open(ctx, store.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	b, err := bridge.New(ctx, st, []bridge.Network{r.net}, bridge.Options{Domains: []string{"msn.test"}})
	if err != nil {
		t.Fatal(err)
	}
	var c Config
	if len(conf) > 0 {
		c = conf[0]
	}
	c.Log = slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r.Server = New(c)
	if err := r.Listen(ctx, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	bctx, bstop := context.WithCancel(context.Background())
	sctx, sstop := context.WithCancel(context.Background())
	ran, served := make(chan error, 1), make(chan error, 1)
	go func() { ran <- b.Run(bctx) }()
	go func() { served <- r.Serve(sctx, b) }()
	r.stop = sync.OnceFunc(func() {
		sstop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		bstop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { r.stop() })
	if err := b.AddAccounts(ctx, bridge.NewAccount{Handle: alice, Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	if err := b.AddLogin(ctx, alice, "net", nil, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := r.net.WaitCall(ctx, "Watch", nil); err != nil {
		t.Fatal(err)
	}
	return r
}

// put keeps a file and returns its address.
func (r *rig) put(name string, data []byte) string {
	r.net.SetFile("ref of "+name, "text/html", data) // whatever the sender says
	return r.Link(alice, "net", bridge.File{Name: name, Type: "text/html", Ref: "ref of " + name}, "127.0.0.1")
}

// An answer is what a browser gets.
type answer struct {
	*http.Response
	body []byte
}

// do makes a request, and follows nothing.
func (r *rig) do(method, address string, header ...string) answer {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.ctx, method, address, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer{resp, body}
}

func (r *rig) get(address string, header ...string) answer {
	r.t.Helper()
	return r.do(http.MethodGet, address, header...)
}

// want checks status, and headers in pairs.
func (a answer) want(t testing.TB, status int, header ...string) {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("status %d, want %d: %s", a.StatusCode, status, first(a.body, 200))
	}
	for i := 0; i+1 < len(header); i += 2 {
		if got := a.Header.Get(header[i]); got != header[i+1] {
			t.Errorf("%s: %q, want %q", header[i], got, header[i+1])
		}
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox", "Set-Cookie": "",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func first(b []byte, n int) []byte { return b[:min(n, len(b))] }

func tokenOf(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(u.Path, "/")
	if len(parts) < 4 {
		t.Fatalf("no link: %s", address)
	}
	return parts[2]
}
