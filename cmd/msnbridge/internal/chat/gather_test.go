package chat

import (
	"context"
	"testing"
	"time"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
	"msnbridge/msn/client"
)

// A conversation into which a second person is invited goes on in a room, and the first
// may open another beside it.
func TestBecomesRoom(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	net := bridgetest.New(bridgetest.Options{Name: "net", Domain: "net.test"})
	net.AddPerson("ann", "Ann", bridge.Presence{State: bridge.Online})
	net.AddPerson("ben", "Ben", bridge.Presence{State: bridge.Online})
	net.OnGather(net.NewRoom("#new", "New"))
	s := &screen{changed: make(chan struct{})}
	c, err := SignIn(ctx, client.Options{Server: serve(t, ctx, net), Handle: "anna@msn.test", Password: "secret"}, false, s)
	if err != nil {
		t.Fatal(err)
	}
	lines, ended := make(chan string, 16), make(chan error, 1)
	go func() { ended <- c.Run(ctx, lines) }()
	lines <- "/add ann@net.test"
	s.await(t, ctx, "* ann@net.test (Ann) is online")
	lines <- "/chat ann@net.test"
	s.await(t, ctx, "* you are talking to ann@net.test")
	lines <- "/invite ben@net.test"
	s.await(t, ctx, "* the conversation goes on in #new@net.test")
	if _, err := net.Say(ctx, "anna@msn.test", "ann", "just us?"); err != nil {
		t.Fatal(err)
	}
	s.await(t, ctx, "[ann@net.test] <ann@net.test> just us?")
	lines <- "hello both"
	_, err = net.WaitCall(ctx, "Send", func(call bridgetest.Call) bool {
		return call.Message.Chat == net.Addr("#new") && call.Message.Text == "hello both"
	})
	if err != nil {
		t.Error(err)
	}
	lines <- "/here"
	s.await(t, ctx, "> #new@net.test: ann@net.test (Ann), #new@net.test (New)", "  ann@net.test: ann@net.test (Ann)")
	lines <- "/quit"
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
