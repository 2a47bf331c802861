package matrix

import (
	"testing"

	"msnbridge/bridge"
)

// What a ghost shows is put when it changes. (When a login ends it is hidden, also if it was before.)
func TestGhostShownOnce(t *testing.T) {
	p := newPusher(t)
	o := p.ghost()
	o.login.Initial = bridge.Presence{}
	o.network = o.newNetwork()
	c := o.connect()
	for _, state := range []bridge.Presence{
		{State: bridge.Away}, {State: bridge.Away}, {State: bridge.Away, Note: "out"}, {State: bridge.Hidden}, {}, {State: bridge.Away},
	} {
		if err := c.SetPresence(t.Context(), state); err != nil {
			t.Fatal(err)
		}
	}
	const path = "PUT /presence/" + aliceGhost + "/status"
	if got := p.asked(path); len(got) != 4 {
		t.Errorf("put: %q", got)
	}
}
