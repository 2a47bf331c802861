package appservice

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
	"msnbridge/store"
)

// A testHouse is a bridge with the accounts alice, bob and carol.
type testHouse struct {
	*bridge.Bridge
	net *bridgetest.Network
}

func newHouse(t testing.TB) testHouse {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	st := must[*store.Store](t)(store.Open(ctx, store.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)}))
	net := bridgetest.New(bridgetest.Options{Name: Network})
	b := must[*bridge.Bridge](t)(bridge.New(ctx, st, []bridge.Network{bridgetest.Lent{Network: net}},
		bridge.Options{Domains: []string{"msn.local"}, Log: slog.New(slog.DiscardHandler)}))
	ran := make(chan error, 1)
	go func() { ran <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []string{"alice", "bob", "carol"} {
		if err := b.AddAccounts(ctx, bridge.NewAccount{Handle: name + "@msn.local", Password: "secret"}); err != nil {
			t.Fatal(err)
		}
	}
	return testHouse{b, net}
}

// lent waits until an account has been lent a login.
func (h testHouse) lent(t testing.TB, handle string) {
	t.Helper()
	eventually(t, handle+" is lent a ghost", func() bool {
		logins := must[[]bridge.LoginStatus](t)(h.Logins(t.Context(), handle))
		return len(logins) == 1 && logins[0].Lent
	})
}

// notLent tells that an account has been lent nothing so far.
func (h testHouse) notLent(t testing.TB, handle string) {
	t.Helper()
	equal(t, "logins of "+handle, len(must[[]bridge.LoginStatus](t)(h.Logins(t.Context(), handle))), 0)
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	clock := time.NewTicker(5 * time.Millisecond)
	defer clock.Stop()
	for end := time.Now().Add(patience); !ok(); <-clock.C {
		if time.Now().After(end) {
			t.Fatal("not within " + patience.String() + ": " + what)
		}
	}
}

// A homeserver is what the service asks. It answers as a test says, and else with an empty object.
type homeserver struct {
	*httptest.Server

	mu      sync.Mutex // guards the fields below
	asked   []string   // method, path without its beginning, user_id, body
	answers map[string]reply
}

type reply struct {
	status int
	body   string
}

func newHomeserver(t testing.TB) *homeserver {
	h := &homeserver{answers: map[string]reply{}}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

func (h *homeserver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	key := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/_matrix/client/v3/")
	h.mu.Lock()
	defer h.mu.Unlock()
	a, ok := h.answers[key]
	if user := r.URL.Query().Get("user_id"); user != "" {
		if own, is := h.answers[key+" "+user]; is {
			a, ok = own, true
		}
		key += " " + user
	}
	if !ok {
		a = reply{200, "{}"}
	}
	if r.Header.Get("Authorization") != "Bearer as-token" || err != nil {
		a = reply{401, `{"errcode":"M_UNKNOWN_TOKEN"}`}
	}
	h.asked = append(h.asked, key+" "+string(body))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	fmt.Fprint(w, a.body)
}

// answer sets what is answered to a request: method, path, and perhaps user_id.
func (h *homeserver) answer(request string, status int, body string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answers[request] = reply{status, body}
}

// count is how many requests began so.
func (h *homeserver) count(request string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, asked := range h.asked {
		if strings.HasPrefix(asked, request) {
			n++
		}
	}
	return n
}

// wait waits for a request that begins so.
func (h *homeserver) wait(t testing.TB, request string) {
	t.Helper()
	eventually(t, request, func() bool { return h.count(request) > 0 })
}
