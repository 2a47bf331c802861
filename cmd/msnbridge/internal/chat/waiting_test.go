package chat

import (
	"context"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge/bridgetest"
	"msnbridge/msn/client"
)

// Who has added somebody while they were away is named when they sign in, and no longer once they are
// allowed.
func TestWhoWaitsIsNamedAtSignIn(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	addr := serve(t, ctx, bridgetest.New(bridgetest.Options{Name: "net", Domain: "net.test"}))
	const told = "* bob@msn.test (Bob) has added you; /add, /allow or /block them"
	bob := sit(t, ctx, client.Options{Server: addr}, "bob@msn.test")
	bob.lines <- "/add anna@msn.test"
	bob.await(t, ctx, "* anna@msn.test is on your list FL")

	anna := sit(t, ctx, client.Options{Server: addr}, "anna@msn.test")
	anna.await(t, ctx, told)
	anna.lines <- "/allow bob@msn.test"
	anna.await(t, ctx, "* bob@msn.test is on your list AL")

	anna.lines <- "/quit"
	bob.await(t, ctx, "* anna@msn.test (Anna) is offline")
	later := sit(t, ctx, client.Options{Server: addr}, "anna@msn.test")
	later.await(t, ctx, "* 1 contacts; /who lists them, /help the commands")
	if strings.Contains(later.String(), told) {
		t.Error("somebody who is allowed is named again")
	}
}
