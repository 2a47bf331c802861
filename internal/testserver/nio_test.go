package testserver_test

import (
	"testing"

	"msnbridge/internal/testserver"
)

func TestNio(t *testing.T) {
	hs := testserver.Dendrite(t, testserver.DendriteOptions{})
	a, _ := hs.CreateUser(t, "alice", "a good password")
	b, _ := hs.CreateUser(t, "bob", "a good password")
	alice, bob := testserver.Nio(t, hs, a, "a good password"), testserver.Nio(t, hs, b, "a good password")
	room := alice.Make(t, true, b)
	bob.Wait(t, func(e testserver.NioEvent) bool { return e.Kind == "invited" && e.Room == room && e.Sender == a })
	bob.Do(t, map[string]any{"do": "join", "room": room})
	alice.Say(t, room, "héllo")
	if e := bob.WaitText(t, "héllo"); !e.Encrypted || e.Sender != a {
		t.Errorf("%+v", e)
	}
	bob.Restart(t)
	bob.Say(t, room, "back")
	if e := alice.WaitText(t, "back"); !e.Encrypted {
		t.Errorf("%+v", e)
	}
}
