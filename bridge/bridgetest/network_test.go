package bridgetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"msnbridge/bridge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A tape keeps what was emitted.
type tape struct {
	mu  sync.Mutex
	evs []bridge.Event
	got chan struct{}
}

func (r *tape) emit(_ context.Context, evs []bridge.Event, _ []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.evs = append(r.evs, evs...)
	select {
	case r.got <- struct{}{}:
	default:
	}
	return nil
}

func connect(t *testing.T, n *Network) (bridge.Conn, *tape) {
	t.Helper()
	r := &tape{got: make(chan struct{}, 100)}
	c, err := n.Connect(t.Context(), bridge.Login{Account: "me@test", Network: n.Name()}, r.emit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, r
}

func TestPeople(t *testing.T) {
	n := New(Options{Domain: "test.example"})
	n.AddPerson("bob", "Bob", bridge.Presence{State: bridge.Busy})
	c, r := connect(t, n)
	if err := c.Watch(t.Context(), []bridge.Addr{n.Addr("bob")}); err != nil {
		t.Fatal(err)
	}
	<-r.got
	if _, err := n.Say(t.Context(), "me@test", "bob", "hello"); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if p, ok := r.evs[0].(bridge.PresenceChanged); !ok || p.Presence.State != bridge.Busy || p.Name != "Bob" {
		t.Errorf("first event %+v", r.evs[0])
	}
	if m, ok := r.evs[1].(bridge.MessageReceived); !ok || m.Message.Text != "hello" || m.Message.From != n.Addr("bob") {
		t.Errorf("second event %+v", r.evs[1])
	}
}

func TestSendOutcomes(t *testing.T) {
	n := New(Options{Domain: "test.example"})
	n.AddPerson("bob", "Bob", bridge.Presence{})
	c, _ := connect(t, n)
	hanging, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	for _, test := range []struct {
		name    string
		ctx     context.Context
		on      func(context.Context, string, bridge.Message) error
		to      string
		refused bool
		unknown bool
	}{
		{"taken", t.Context(), nil, "bob", false, false},
		{"absent", t.Context(), nil, "nobody", true, false},
		{"refused", t.Context(), Refuse("no"), "bob", true, false},
		{"unknown", t.Context(), Unknown(1, 2), "bob", true, true},
		{"hangs", hanging, Hang, "bob", true, true},
	} {
		n.OnSend(test.on)
		err := c.Send(test.ctx, bridge.Message{Chat: n.Addr(test.to), Text: test.name})
		failure, _ := errors.AsType[*bridge.SendError](err)
		if (failure != nil) != test.refused || failure != nil && failure.Unknown != test.unknown {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if got := len(n.Sent("me@test")); got != 5 {
		t.Errorf("%d sends recorded", got)
	}
}

func TestDisconnect(t *testing.T) {
	n := New(Options{})
	c, _ := connect(t, n)
	lost := errors.New("lost")
	n.Disconnect("me@test", lost)
	<-c.Done()
	if !errors.Is(c.Err(), lost) {
		t.Errorf("Err %v", c.Err())
	}
	if n.Conn("me@test") != nil {
		t.Error("still listed")
	}
	if _, err := n.Say(t.Context(), "me@test", "bob", "x"); !errors.Is(err, bridge.ErrClosed) {
		t.Errorf("Say: %v", err)
	}
}

func TestSplitJoin(t *testing.T) {
	for _, n := range []*Network{New(Options{}), New(Options{Domain: "a.b"})} {
		for _, local := range []string{"bob", "#room", "Ümläut", "a@b"} {
			id, err := n.Join(local, "a.b")
			if err != nil {
				t.Fatal(err)
			}
			l, d, ok := n.Split(id)
			if !ok || l != local || d != "a.b" || (n.Kind(id) == bridge.Room) != (local[0] == '#') {
				t.Errorf("%q: %q %q %v", id, l, d, ok)
			}
		}
	}
	if _, err := New(Options{}).Join("a b", "c"); err == nil {
		t.Error("a space was accepted")
	}
}
