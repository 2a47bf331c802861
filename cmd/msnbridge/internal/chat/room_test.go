package chat

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
	"msnbridge/msn"
	"msnbridge/msn/client"
	"msnbridge/msn/passport"
	"msnbridge/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A screen keeps what was written.
type screen struct {
	mu      sync.Mutex // guards the rest
	text    strings.Builder
	changed chan struct{} // closed and replaced when there is more
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// await waits until all lines have been written, in any order.
func (s *screen) await(t *testing.T, ctx context.Context, lines ...string) {
	t.Helper()
	for _, line := range lines {
		for {
			s.mu.Lock()
			text, changed := s.text.String(), s.changed
			s.mu.Unlock()
			if strings.Contains(text, line+"\n") {
				break
			}
			select {
			case <-changed:
			case <-ctx.Done():
				t.Fatalf("%q is missing in:\n%s", line, text)
			}
		}
	}
}

// serve runs a service with anna@msn.test, who has a login on net, and bob@msn.test,
// and returns where.
func serve(t *testing.T, ctx context.Context, net *bridgetest.Network) string {
	t.Helper()
	addr, _ := serveBoth(t, ctx, net)
	return addr
}

// serveBoth is serve with a sign-in service, whose RST.srf is at url.
func serveBoth(t *testing.T, ctx context.Context, net *bridgetest.Network) (addr, url string) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	st, err := store.Open(ctx, store.Config{Dir: t.TempDir(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	domains := []string{"msn.test"}
	b, err := bridge.New(ctx, st, []bridge.Network{net}, bridge.Options{Domains: domains})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := msn.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	door, err := msn.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tickets := passport.NewTickets(0)
	server := msn.New(msn.Config{Domains: domains, Tickets: tickets}, b)
	signIns, err := passport.New(passport.Config{Accounts: server, Tickets: tickets})
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(context.Background())
	serving, stopServing := context.WithCancel(context.Background())
	ran, served := make(chan error, 1), make(chan error, 2)
	go func() { ran <- b.Run(running) }()
	go func() { served <- server.Serve(serving, ln) }()
	go func() { served <- signIns.Serve(serving, door) }()
	t.Cleanup(func() {
		stopServing()
		err := errors.Join(<-served, <-served)
		stop()
		if err := errors.Join(err, <-ran, st.Close()); err != nil {
			t.Error(err)
		}
	})
	err = b.AddAccounts(ctx, bridge.NewAccount{Handle: "anna@msn.test", Name: "Anna", Password: "secret"},
		bridge.NewAccount{Handle: "bob@msn.test", Name: "Bob", Password: "secret"})
	if err := errors.Join(err, b.AddLogin(ctx, "anna@msn.test", "net", nil, "")); err != nil {
		t.Fatal(err)
	}
	if _, err := net.WaitConn(ctx, "anna@msn.test"); err != nil {
		t.Fatal(err)
	}
	return ln.Addr().String(), "http://" + door.Addr().String() + "/RST.srf"
}

// A room in the terminal: who is there, who comes and goes, who speaks, lines of the
// room; and commands that the network knows.
func TestRoom(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	net := bridgetest.New(bridgetest.Options{Name: "net", Domain: "net.test"})
	net.AddPerson("#go", "Go", bridge.Presence{State: bridge.Online})
	room, ann := net.Addr("#go"), bridge.Contact{Addr: net.Addr("ann"), Name: "Ann"}
	net.SetMembers("#go", ann)
	s := &screen{changed: make(chan struct{})}
	c, err := SignIn(ctx, client.Options{Server: serve(t, ctx, net), Handle: "anna@msn.test", Password: "secret"}, false, s)
	if err != nil {
		t.Fatal(err)
	}
	lines, ended := make(chan string, 16), make(chan error, 1)
	go func() { ended <- c.Run(ctx, lines) }()
	lines <- "/add #go@net.test"
	s.await(t, ctx, "* #go@net.test (Go) is online")
	lines <- "/topic lost"
	s.await(t, ctx, "! there is no command /topic; /help lists those that there are")
	lines <- "/chat #go@net.test"
	s.await(t, ctx, "* #go@net.test (Go) has joined", "* ann@net.test (Ann) has joined")

	emit := func(evs ...bridge.Event) {
		t.Helper()
		if err := net.Emit(ctx, "anna@msn.test", nil, evs...); err != nil {
			t.Fatal(err)
		}
	}
	emit(bridge.Remark{Chat: room, Text: "the topic is Go"},
		bridge.MessageReceived{Message: bridge.Message{Chat: room, From: ann.Addr, Name: "Ann", Text: "hello", Time: time.Now()}},
		bridge.RosterChanged{Room: room, Left: []bridge.Addr{ann.Addr}})
	s.await(t, ctx, "<#go@net.test> the topic is Go", "<ann@net.test> hello", "* ann@net.test has left")

	lines <- "/topic Tea :)"
	lines <- "//who everybody"
	lines <- "///slash"
	lines <- "/me waves"
	for _, want := range []bridge.Message{
		{Command: "topic", Text: "Tea :)"}, {Command: "who", Text: "everybody"}, {Text: "/slash"}, {Text: "waves", Emote: true},
	} {
		_, err := net.WaitCall(ctx, "Send", func(call bridgetest.Call) bool {
			m := call.Message
			return m.Chat == room && m.Command == want.Command && m.Text == want.Text && m.Emote == want.Emote
		})
		if err != nil {
			t.Errorf("%+v: %v", want, err)
		}
	}
	lines <- "/quit"
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
