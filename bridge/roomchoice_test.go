package bridge_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// loginWith links alice to the network with keys.
func (r *rig) loginWith(keys map[string]string) {
	r.t.Helper()
	if err := r.AddLogin(r.ctx, "alice@msn.test", "net", keys, ""); err != nil {
		r.t.Fatal(err)
	}
	r.connected("alice@msn.test")
}

// found tells alice of rooms; a name with a star is a favourite, and what stands behind a
// slash is what it belongs to.
func (r *rig) found(rooms ...string) {
	r.t.Helper()
	for i, room := range rooms {
		room, group, _ := strings.Cut(room, "/")
		name, favourite := strings.CutSuffix(room, "*")
		c := bridge.Contact{Addr: r.net.Addr("#" + name), Name: "Room " + name, Favourite: favourite, Group: group, Active: int64(100 - i)}
		if err := r.net.Found(r.ctx, "alice@msn.test", c); err != nil {
			r.t.Fatal(err)
		}
	}
}

// rooms are those on alice's forward list.
func (s *seat) rooms() string {
	var names []string
	for _, h := range s.list(bridge.FL) {
		if name, _, _ := strings.Cut(h, "@"); h[0] == '#' {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestRoomChoice(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.loginWith(map[string]string{"rooms": "favourites"})
	alice := r.signIn("alice@msn.test", bridge.Online)
	shows := func(want string) {
		t.Helper()
		if got := alice.rooms(); got != want {
			t.Errorf("on the list: %s; want %s", got, want)
		}
	}
	all := []string{"plain", "star*", "hand", "hidden*", "joined"}
	r.found(all...)
	shows("#hidden #star")
	alice.mustAdd(bridge.FL, "#hand@net.test")
	if got := r.command(alice, "join #joined"); !strings.Contains(got, "You are in Room joined (#joined@net.test)") {
		t.Error(got)
	}
	if got := r.command(alice, "hide #hidden"); !strings.Contains(got, "not on your list any more") {
		t.Error(got)
	}
	for range 2 {
		for _, c := range []struct{ choice, says, want string }{
			{"", "favourites", "#hand #joined #star"},
			{"all", "All rooms", "#hand #joined #plain #star"},
			{"chosen", "yourself", "#hand #joined"},
			{"favorites", "favourites", "#hand #joined #star"},
		} {
			if got := r.command(alice, strings.TrimSpace("show net "+c.choice)); !strings.Contains(got, c.says) {
				t.Errorf("show %s: %s", c.choice, got)
			}
			shows(c.want)
		}
		r.restart()
		r.connected("alice@msn.test")
		alice = r.signIn("alice@msn.test", bridge.Online)
		r.found(all...)
	}
	shows("#hand #joined #star")
	for _, c := range r.net.Calls("Leave") {
		t.Errorf("left %v", c.Addr)
	}
	for i, ls := range [][]string{alice.list(bridge.AL), alice.list(bridge.RL)} {
		if slices.Contains(ls, "#plain@net.test") {
			t.Errorf("list %d: %q", i, ls)
		}
	}
}

// A favourite comes onto the list when it is marked and goes when it no longer is, but
// for one that the user has put there; what waits there goes too.
func TestFavouriteChanges(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.loginWith(map[string]string{"rooms": "favourites"})
	alice := r.signIn("alice@msn.test", bridge.Online)
	r.found("go", "tea")
	alice.mustAdd(bridge.FL, "#tea@net.test")
	r.found("go*", "tea*")
	alice.wait("+FL #go@net.test")
	r.sayIn("bob", "hi", false)
	r.found("go", "tea")
	alice.wait("-FL #go@net.test")
	if got := alice.rooms(); got != "#tea" {
		t.Errorf("on the list: %s", got)
	}
	r.sayIn("bob", "alice: dropped", true)
	r.found("go*")
	alice.wait("+FL #go@net.test")
	_, w := alice.enter()
	w.wait(r, "members:")
	if got := alice.settled(); slices.Contains(got, "ring "+room) {
		t.Errorf("rang: %q", got)
	}
}

// A room whose invitation the user has accepted is one that the user has chosen.
func TestChosenByInvitation(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.loginWith(map[string]string{"rooms": "chosen"})
	alice := r.signIn("alice@msn.test", bridge.Online)
	r.emit("alice@msn.test", r.invited("bob"))
	alice.wait("+RL " + room)
	alice.mustAdd(bridge.AL, room)
	r.awaitAnswer()
	alice.wait("+FL " + room)
	r.command(alice, "show net favourites")
	if got := alice.rooms(); got != "#go" {
		t.Errorf("on the list: %s", got)
	}
}

func TestNoChoice(t *testing.T) {
	r := bridged(t)
	r.net.OnCheck(func(keys map[string]string, _ bridge.Secret) error {
		if keys["rooms"] == "chosen" {
			return errors.New("rooms: unknown key")
		}
		return errors.New("there must be no password")
	})
	alice := r.signIn("alice@msn.test", bridge.Online)
	for text, want := range map[string]string{
		"show":              "which network",
		"show elsewhere":    "no login there",
		"show net some":     "none of all, favourites and chosen",
		"show net chosen":   "Net has no such choice",
		"show net all":      "All rooms", // whatever else is amiss
		"show net":          "All rooms",
		"rooms elsewhere":   "no login there",
		"rooms net":         "in no room",
		"rooms net go":      "in its name",
		"hide nowhere":      "Not hidden",
		"hide #go@net.test": "not on your list",
	} {
		if got := r.command(alice, text); !strings.Contains(got, want) {
			t.Errorf("%s: %s", text, got)
		}
	}
}

// A contact comes into the group that says most about it, and stays where the user puts
// it.
func TestRoomGroups(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	r.found("plain", "star*/Work", "work/Work", "evil/ \x00\n")
	r.emit("alice@msn.test", bridge.ContactFound{Contact: r.contact("bob")})
	groups := func() map[string]string {
		got := map[string]string{}
		alice.turn(func() {
			name := map[int]string{}
			for _, g := range alice.Groups() {
				name[g.ID] = g.Name
			}
			for _, e := range alice.Entries(bridge.FL) {
				for _, g := range e.Groups {
					got[e.Handle] = name[g]
				}
			}
		})
		return got
	}
	want := map[string]string{"#plain@net.test": "Net", "#star@net.test": "Favourites", "#work@net.test": "Work",
		"#evil@net.test": "Net", "bob@net.test": "Net"}
	if got := groups(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v", got)
	}
	r.found("plain*", "star/Other")
	if got := groups(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("after a change: %v", got)
	}
	for i := range 30 {
		r.found(fmt.Sprintf("r%d/Space %d", i, i))
	}
	if n := len(groups()); n != 35 {
		t.Errorf("%d have a group", n)
	}
	alice.turn(func() {
		if n := len(alice.Groups()); n > 20 {
			t.Errorf("%d groups", n)
		}
	})
}

// Where not all fit, people and favourites come first, then those in which something
// was said last; a newcomer of the first takes the place of one of the last.
func TestMostAuto(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	var evs []bridge.Event
	for i := range 200 {
		c := bridge.Contact{Addr: r.net.Addr(fmt.Sprintf("#r%d", i)), Active: int64(i + 1), Favourite: i < 2}
		r.net.AddPerson(c.Addr.ID, "", bridge.Presence{State: bridge.Online})
		evs = append(evs, bridge.ContactFound{Contact: c})
	}
	evs = append(evs, bridge.ContactFound{Contact: bridge.Contact{Addr: r.net.Addr("quiet")}})
	r.emit("alice@msn.test", evs...)
	list := alice.list(bridge.FL)
	has := func(room string) bool { return slices.Contains(list, room+"@net.test") }
	if n := len(list); n != bridge.MostAuto+1 || !has("#r0") || !has("#r1") || !has("quiet") || !has("#r53") || has("#r52") {
		t.Fatalf("%d: %q", n, list)
	}
	r.emit("alice@msn.test", bridge.ContactFound{Contact: r.contact("bob")},
		bridge.ContactFound{Contact: bridge.Contact{Addr: r.net.Addr("#r7"), Favourite: true}},
		bridge.ContactFound{Contact: bridge.Contact{Addr: r.net.Addr("#late"), Active: 999}})
	list = alice.list(bridge.FL)
	if n := len(list); n != bridge.MostAuto+1 || !has("bob") || !has("#r7") || has("#r53") || has("#r54") || !has("#r55") || has("#late") {
		t.Fatalf("%d: %q", n, list)
	}
	r.emit("alice@msn.test", r.invited("bob"))
	alice.wait("+RL " + room)
	alice.mustAdd(bridge.AL, room)
	r.awaitAnswer()
	alice.wait("+FL " + room)
}

func TestRoomListing(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.loginWith(map[string]string{"rooms": "chosen"})
	alice := r.signIn("alice@msn.test", bridge.Online)
	r.found("a*/Work", "b", "c")
	same := bridge.Contact{Addr: r.net.Addr("#z"), Name: "Room  c"}
	if err := r.net.Found(r.ctx, "alice@msn.test", same); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		c := bridge.Contact{Addr: r.net.Addr(fmt.Sprintf("#x%d", i)), Name: fmt.Sprintf("Z %02d", i)}
		r.emit("alice@msn.test", bridge.ContactFound{Contact: c})
	}
	for _, c := range []struct{ text, want string }{
		{"rooms net", "1. Room  c (#z@net.test): not on your list\n2. Room a (#a@net.test): not on your list, favourite, in Work\n3. Room b"},
		{"rooms net", "... and 14 more: say rooms net WORD to search."},
		{"rooms", "no room on your list"},
		{"join 3", "You are in Room b (#b@net.test)"},
		{"rooms net room B", "1. Room b (#b@net.test): on your list"},
		{"join 3", "Not joined"},
		{"join room c", "2 rooms are called"},
		{"join net ROOM A", "You are in Room a (#a@net.test)"},
		{"ring Room a all", "Room a (#a@net.test) rings for all"},
		{"hide room a", "not on your list any more"},
		{"rooms net #Z@net", "1. Room  c (#z@net.test)"},
		{"join 1", "You are in Room  c (#z@net.test)"},
		{"rooms", "Room b (#b@net.test): entered; rings for mentions"},
	} {
		if got := r.command(alice, c.text); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", c.text, got)
		}
	}
	if got := alice.rooms(); got != "#b #z" {
		t.Errorf("on the list: %s", got)
	}
	r.emit("alice@msn.test", bridge.RoomLeft{Room: r.net.Addr("#c")})
	if got := r.command(alice, "rooms net #c"); !strings.Contains(got, "No room") {
		t.Errorf("a room that was left: %s", got)
	}
}

// Where IDs name their own servers, a room is joined by its whole ID, or by what stands
// for it.
func TestJoinByID(t *testing.T) {
	r := (&rig{t: t, dir: t.TempDir()}).begin("alice@msn.test")
	r.login("alice@msn.test")
	r.net.AddPerson("!tea:b.c", "Tea", bridge.Presence{State: bridge.Online})
	r.net.SetAlias("#tea:b.c", "!tea:b.c")
	alice := r.signIn("alice@msn.test", bridge.Online)
	for _, id := range []string{"#tea:b.c", "!tea:b.c"} {
		if got := r.command(alice, "join net "+id); !strings.HasPrefix(got, "You are in Tea (r") {
			t.Errorf("%s: %s", id, got)
		}
	}
	if got := alice.list(bridge.FL); len(got) != 2 {
		t.Errorf("%q", got)
	}
	e := alice.entryOf(r.net.Addr("!tea:b.c"))
	if e == nil || e.Name != "Tea" {
		t.Errorf("%+v", e)
	}
	if got := r.command(alice, "join net !x\x00y"); !strings.HasPrefix(got, "Not joined") {
		t.Error(got)
	}
}

// entryOf is a copy of the entry of an address on FL, or nil.
func (s *seat) entryOf(who bridge.Addr) (found *bridge.Entry) {
	s.turn(func() {
		for _, e := range s.Entries(bridge.FL) {
			if c := *e; e.Addr == who {
				found = &c
			}
		}
	})
	return found
}

// What a room's login hears is heard in a room that is hidden too, if a window is open.
func TestHiddenRoomWithWindow(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.loginWith(map[string]string{"rooms": "chosen"})
	alice := r.signIn("alice@msn.test", bridge.Online)
	r.found("go")
	chat, w := alice.enter()
	w.wait(r, "members:")
	r.sayIn("bob", "hello", false)
	w.wait(r, "members:", "BOB> hello")
	chat.Detach(w)
	r.sayIn("bob", "alice: nobody looks", true)
	alice.enter()
	if got := alice.settled(); slices.Contains(got, "ring "+room) {
		t.Errorf("rang: %q", got)
	}
	if _, err := r.net.WaitCall(r.ctx, "Roster", func(c bridgetest.Call) bool { return c.Most == 0 }); err != nil {
		t.Error(err)
	}
}

// A room that the user enters by a command typed in a window is one that the user has
// chosen, also if it was taken off before.
func TestChosenByCommand(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.loginWith(map[string]string{"rooms": "chosen"})
	alice := r.signIn("alice@msn.test", bridge.Online)
	typed := bridge.ContactFound{Contact: bridge.Contact{Addr: r.net.Addr("#go"), Name: "Go"}, Chosen: true}
	for range 2 {
		r.found("go")
		r.emit("alice@msn.test", typed)
		alice.wait("+FL " + room)
		r.found("go")
		if got := alice.rooms(); got != "#go" {
			t.Errorf("on the list: %s", got)
		}
		if _, err := alice.remove(bridge.FL, room); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCheckRooms(t *testing.T) {
	for given, want := range map[string]string{"all": "all", "favorites": "favourites", "favourites": "favourites", "chosen": "chosen", "": "all"} {
		keys := map[string]string{"rooms": given}
		if err := bridge.CheckRooms(keys); err != nil || keys["rooms"] != want {
			t.Errorf("%q: %q, %v", given, keys["rooms"], err)
		}
	}
	if err := bridge.CheckRooms(map[string]string{"rooms": "none"}); err == nil || !strings.HasPrefix(err.Error(), "rooms: ") {
		t.Errorf("none: %v", err)
	}
	keys := map[string]string{}
	if err := bridge.CheckRooms(keys); err != nil || len(keys) > 0 {
		t.Errorf("%v, %v", keys, err)
	}
}
