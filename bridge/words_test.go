package bridge_test

import (
	"testing"
	"time"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// shows sets all that others see of the session's user.
func (s *seat) shows(p bridge.Presence) {
	s.r.t.Helper()
	s.turn(func() { s.SetPresence(p) })
}

// told waits until the session is told of handle, and checks what it is told.
func (s *seat) told(handle string, was, is bridge.Presence, renamed bool) {
	s.r.t.Helper()
	ev := s.wait(handle + " is " + is.State.String()).(bridge.PresenceChanged)
	if ev.Was != was || ev.Presence != is || ev.Renamed != renamed {
		s.r.t.Errorf("%s was %+v, is %+v, renamed: %v; want %+v, %+v, %v", handle, ev.Was, ev.Presence, ev.Renamed, was, is, renamed)
	}
}

// A frontClient is what a front end's client says of itself.
type frontClient struct{ features, media string }

// What is said of oneself is told with what was told before, so that a front end
// sees what is new. Nobody who is not seen says anything.
func TestWordsBetweenAccounts(t *testing.T) {
	r := newRig(t, "alice@msn.test", "bob@msn.test")
	alice, bob := r.signIn("alice@msn.test", bridge.Offline), r.signIn("bob@msn.test", bridge.Online)
	bob.mustAdd(bridge.FL, "alice@msn.test")
	is := bridge.Presence{Note: "tea", Client: frontClient{"1", ""}}
	alice.shows(is)
	if got := bob.settled(); len(got) > 0 {
		t.Errorf("of somebody who is offline: %q", got)
	}
	steps := []func(p *bridge.Presence){
		func(p *bridge.Presence) { p.State = bridge.Online },
		func(p *bridge.Presence) { p.Note = "coffee" },
		func(p *bridge.Presence) { p.Playing, p.Client = "a song", frontClient{"1", "raw"} },
		func(p *bridge.Presence) { p.Client = frontClient{"2", "raw"} },
		func(p *bridge.Presence) { p.State = bridge.Busy },
		func(p *bridge.Presence) { *p = bridge.Presence{State: bridge.Busy} },
	}
	was := bridge.Presence{}
	for _, step := range steps {
		step(&is)
		alice.shows(is)
		bob.told("alice@msn.test", was, is, false)
		was = is
	}
	alice.shows(is)
	change(alice, func(done func(uint32, error)) { alice.Rename("alice@msn.test", "Al", done) })
	bob.told("alice@msn.test", is, is, true)
	alice.shows(bridge.Presence{State: bridge.Hidden, Note: "hush", Client: frontClient{"2", ""}})
	bob.told("alice@msn.test", is, bridge.Presence{}, false)
	if got := bob.settled(); len(got) > 0 {
		t.Errorf("bob is also told %q", got)
	}
}

// Who is not present on a network has nothing to say there, and nobody there has an
// MSN client.
func TestWordsFromNetworks(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.login("alice@msn.test")
	r.net.AddPerson("bob", "Bob", bridge.Presence{State: bridge.Away, Note: "tea", Client: frontClient{"1", ""}})
	alice := r.signIn("alice@msn.test", bridge.Online)
	alice.mustAdd(bridge.FL, "bob@net.test")
	away := bridge.Presence{State: bridge.Away, Note: "tea"}
	alice.told("bob@net.test", bridge.Presence{}, away, true)
	r.net.SetPresence("bob", bridge.Presence{Note: "gone"})
	alice.told("bob@net.test", away, bridge.Presence{}, false)
	r.net.SetPresence("bob", bridge.Presence{Note: "still gone"})
	r.net.SetPresence("bob", away)
	alice.told("bob@net.test", bridge.Presence{}, away, false)
}

// presences are what the network was shown.
func (r *rig) presences() (ps []bridge.Presence) {
	for _, c := range r.net.Calls("SetPresence") {
		ps = append(ps, c.Presence)
	}
	return ps
}

// shownAs waits until the network is shown p.
func (r *rig) shownAs(p bridge.Presence) {
	r.t.Helper()
	if _, err := r.net.WaitCall(r.ctx, "SetPresence", func(c bridgetest.Call) bool { return c.Presence == p }); err != nil {
		r.t.Fatalf("not shown %+v, but %+v", p, r.presences())
	}
}

// Networks are shown state and words, and nothing of the client. Words that change
// often are told now and then, the newest with another state at once.
func TestOutwardWords(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.login("alice@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Offline)
	client := frontClient{"1", "raw"}
	first := bridge.Presence{State: bridge.Online, Note: "one"}
	alice.shows(bridge.Presence{State: first.State, Note: first.Note, Client: client})
	r.shownAs(first)
	for _, song := range []string{"two", "three", "four"} {
		alice.shows(bridge.Presence{State: bridge.Online, Playing: song, Client: client})
	}
	last := bridge.Presence{State: bridge.Busy, Playing: "five"}
	alice.shows(bridge.Presence{State: last.State, Playing: last.Playing, Client: client})
	r.shownAs(last)
	for _, p := range r.presences() {
		if p.Playing != "" && p != last || p.Client != nil {
			t.Errorf("shown %+v", p)
		}
	}
	alice.shows(bridge.Presence{State: bridge.Hidden, Note: "hush", Playing: "hush", Client: client})
	r.shownAs(bridge.Presence{})
}

// The newest of the words that were held back is told in the end.
func TestOutwardWordsLater(t *testing.T) {
	r := &rig{t: t, dir: t.TempDir(), at: "net.test", pause: 100 * time.Millisecond}
	r.begin("alice@msn.test")
	r.login("alice@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	for _, note := range []string{"one", "two", "three"} {
		alice.shows(bridge.Presence{State: bridge.Online, Note: note})
	}
	r.shownAs(bridge.Presence{State: bridge.Online, Note: "three"})
}
