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

func TestNioPlain(t *testing.T) {
	hs := testserver.Dendrite(t, testserver.DendriteOptions{})
	a, _ := hs.CreateUser(t, "alice", "a good password")
	b, _ := hs.CreateUser(t, "bob", "a good password")
	alice, bob := testserver.Nio(t, hs, a, "a good password"), testserver.Nio(t, hs, b, "a good password")
	room := alice.MakePlain(t, true, b)
	bob.Wait(t, func(e testserver.NioEvent) bool { return e.Kind == "invited" && e.Room == room && e.Sender == a })
	bob.Do(t, map[string]any{"do": "join", "room": room})
	alice.Wait(t, func(e testserver.NioEvent) bool { return e.Kind == "member" && e.Sender == b && e.Membership == "join" })
	said := alice.SayPlain(t, room, "héllo")
	if e := bob.WaitText(t, "héllo"); e.Encrypted || e.Event != said {
		t.Errorf("%+v", e)
	}
	bob.Do(t, map[string]any{"do": "read", "room": room, "event": said})
	alice.Wait(t, func(e testserver.NioEvent) bool { return e.Kind == "receipt" && e.Sender == b && e.Event == said })
	bob.Do(t, map[string]any{"do": "type", "room": room})
	alice.Wait(t, func(e testserver.NioEvent) bool { return e.Kind == "typing" && len(e.Names) == 1 && e.Names[0] == b })
	bob.Do(t, map[string]any{"do": "be", "presence": "unavailable", "text": "out"})
	alice.Wait(t, func(e testserver.NioEvent) bool {
		return e.Kind == "presence" && e.Sender == b && e.Presence == "unavailable" && e.Text == "out"
	})
	if e := alice.Do(t, map[string]any{"do": "profile", "user": b}); e.Text != "bob" {
		t.Errorf("profile: %+v", e)
	}
	bob.Do(t, map[string]any{"do": "leave", "room": room})
	alice.Wait(t, func(e testserver.NioEvent) bool {
		return e.Kind == "member" && e.Sender == b && e.Membership == "leave"
	})
}
