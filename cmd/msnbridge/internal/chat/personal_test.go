package chat

import (
	"context"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge/bridgetest"
	"msnbridge/msn/client"
)

// A person is somebody at a terminal of their own.
type person struct {
	*screen
	lines chan string
}

// sit signs somebody in and leaves the terminal with the test.
func sit(t *testing.T, ctx context.Context, o client.Options, handle string) *person {
	t.Helper()
	o.Handle, o.Password = handle, "secret"
	p := &person{&screen{changed: make(chan struct{})}, make(chan string, 16)}
	c, err := SignIn(ctx, o, false, p.screen)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx, p.lines) }()
	t.Cleanup(func() {
		close(p.lines)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return p
}

// Two terminals of MSNP12: what each says of themselves, nudges, and a file that is offered.
func TestPersonal(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	addr, url := serveBoth(t, ctx, bridgetest.New(bridgetest.Options{Name: "net", Domain: "net.test"}))
	o := client.Options{Server: addr, Dialects: []string{"MSNP12"}, Passport: client.Passport{URL: url}}
	anna, bob := sit(t, ctx, o, "anna@msn.test"), sit(t, ctx, o, "bob@msn.test")
	anna.await(t, ctx, "* signed in at "+addr+" as anna@msn.test (Anna), MSNP12")

	bob.lines <- "/note gone <fishing> & co"
	bob.await(t, ctx, "* others read beside your name: gone <fishing> & co")
	anna.lines <- "/add bob@msn.test"
	anna.await(t, ctx, "* bob@msn.test (Bob) is online", "* bob@msn.test (Bob) says of themselves: gone <fishing> & co")
	bob.lines <- "/song Blue - Joni"
	anna.await(t, ctx, "* bob@msn.test (Bob) listens to Blue - Joni")
	bob.lines <- "/state away"
	anna.await(t, ctx, "* bob@msn.test (Bob) is away")
	anna.lines <- "/who"
	anna.await(t, ctx, "  bob@msn.test (Bob)               away     AL FL       gone <fishing> & co (listens to Blue - Joni)")
	bob.lines <- "/note"
	anna.await(t, ctx, "* bob@msn.test (Bob) says nothing of themselves any more")
	bob.lines <- "/state online"

	anna.lines <- "/chat bob@msn.test"
	bob.await(t, ctx, "* anna@msn.test (Anna) opens a conversation; what you write goes there")
	anna.lines <- "/nudge"
	bob.await(t, ctx, "* anna@msn.test nudges you")
	if n := strings.Count(anna.String(), "is away"); n != 1 { // a new song or note does not say it again
		t.Errorf("away %d times:\n%s", n, anna.String())
	}
}
