package e2e

import (
	"testing"

	"maunium.net/go/mautrix/event"

	"msnbridge/msn/client"
)

// rename changes the user's own friendly name.
func (u *user) rename(name string) {
	u.t.Helper()
	if _, err := u.Rename(bounded(u.t), u.Handle(), name); err != nil {
		u.t.Fatal(err)
	}
}

// Who signs in has a ghost, which goes by their friendly name and shows what they are doing.
func TestGhostPresence(t *testing.T) {
	t.Parallel()
	c := haunt(t)
	anna := c.account("anna")
	ghost := ghostOf(anna)
	a := c.signIn(anna)
	c.awaitCalled(ghost, "anna")
	a.rename("Änna 100%")
	c.awaitCalled(ghost, "Änna 100%")

	nio := c.nio("gpnio")
	a.add(client.Allow, nio.handle)
	room := nio.MakePlain(t, true, string(ghost))
	if e := nio.finds(ghost, room, "join"); e.Text != "Änna 100%" {
		t.Errorf("%s joins as %q", ghost, e.Text)
	}
	nio.sees(ghost, event.PresenceOnline)
	for _, step := range []struct {
		state client.State
		seen  event.Presence
	}{
		{client.Away, event.PresenceUnavailable},
		{client.Online, event.PresenceOnline},
		{client.Hidden, event.PresenceOffline},
		{client.Busy, event.PresenceOnline},
		{client.OutToLunch, event.PresenceUnavailable},
	} {
		a.show(step.state)
		nio.sees(ghost, step.seen)
	}
	a.rename("Anna again")
	if e := nio.finds(ghost, room, "join"); e.Text != "Anna again" {
		t.Errorf("%s is now called %q", ghost, e.Text)
	}
	a.Close()
	nio.sees(ghost, event.PresenceOffline)

	// However the daemon ends, nobody is seen who is not there.
	c.signIn(anna)
	nio.sees(ghost, event.PresenceOnline)
	c.stop()
	nio.sees(ghost, event.PresenceOffline)
	c.start()
	c.signIn(anna)
	nio.sees(ghost, event.PresenceOnline)
	c.restart()
	nio.sees(ghost, event.PresenceOffline)
}
