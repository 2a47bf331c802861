package bridge_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

const room = "#go@net.test"

// inRoom is a rig with alice online and in #go, where bob and eve are.
func inRoom(t *testing.T) (*rig, *seat) {
	t.Helper()
	r := bridged(t)
	r.net.AddPerson("eve", "Eve", bridge.Presence{State: bridge.Online})
	r.net.AddPerson("#go", "", bridge.Presence{State: bridge.Online})
	r.net.SetMembers("#go", r.contact("bob"), r.contact("eve"))
	alice := r.signIn("alice@msn.test", bridge.Online)
	alice.mustAdd(bridge.FL, room)
	alice.wait(room + " is online")
	return r, alice
}

func (r *rig) contact(id string) bridge.Contact {
	return bridge.Contact{Addr: r.net.Addr(id), Name: strings.ToUpper(id)}
}

func (r *rig) emit(account string, evs ...bridge.Event) {
	r.t.Helper()
	if err := r.net.Emit(r.ctx, account, nil, evs...); err != nil {
		r.t.Fatal(err)
	}
}

// sayIn has somebody say something in #go.
func (r *rig) sayIn(from, text string, mention bool) {
	r.t.Helper()
	r.emit("alice@msn.test", bridge.MessageReceived{Message: bridge.Message{Chat: r.net.Addr("#go"),
		From: r.net.Addr(from), Name: strings.ToUpper(from), Text: text, Mention: mention, Time: time.Now()}})
}

// enter opens a window for #go.
func (s *seat) enter() (*bridge.Chat, *window) {
	s.r.t.Helper()
	chat, err := s.open(room)
	if err != nil {
		s.r.t.Fatal(err)
	}
	w := newWindow()
	chat.Attach(w)
	return chat, w
}

var whole = []string{"members:", "joined: bob@net.test", "joined: eve@net.test"}

// A window is told who is in the room, then what waits, then all that happens.
func TestRoomWindow(t *testing.T) {
	r, alice := inRoom(t)
	r.sayIn("bob", "hi", false)
	_, w := alice.enter()
	want := append(slices.Clone(whole), "BOB> hi")
	w.wait(r, want...)
	r.emit("alice@msn.test",
		bridge.RosterChanged{Room: r.net.Addr("#go"), Joined: []bridge.Contact{r.contact("ann")}, Left: []bridge.Addr{r.net.Addr("eve")}},
		bridge.Remark{Chat: r.net.Addr("#go"), Text: "the topic is Go"},
		bridge.Typing{Chat: r.net.Addr("#go"), From: r.net.Addr("ann"), Name: "Ann"})
	w.wait(r, append(want, "joined: ann@net.test", "left: eve@net.test", "the topic is Go", "typing: Ann")...)
	if got := alice.settled(); slices.Contains(got, "ring "+room) {
		t.Errorf("rang: %q", got)
	}
}

// Of a room with too many members nobody is named, and when the window has gone
// nobody is told of any more.
func TestRoomRosterLimit(t *testing.T) {
	r, alice := inRoom(t)
	r.net.SetHabits(bridge.Habits{RosterLimit: 1})
	chat, w := alice.enter()
	w.wait(r, "members:")
	chat.Detach(w)
	for _, most := range []int{1, 0} {
		if _, err := r.net.WaitCall(r.ctx, "Roster", func(c bridgetest.Call) bool { return c.Most == most }); err != nil {
			t.Errorf("Roster with %d: %v", most, err)
		}
	}
}

// What nobody is looking at waits, the newest 50, over a restart; only what names
// the user rings.
func TestRoomWaits(t *testing.T) {
	r, alice := inRoom(t)
	for i := range 60 {
		r.sayIn("bob", fmt.Sprint(i), false)
	}
	if got := alice.settled(); slices.Contains(got, "ring "+room) {
		t.Fatalf("rang: %q", got)
	}
	r.restartWith("#go", "", bridge.Presence{State: bridge.Online})
	r.connected("alice@msn.test")
	alice = r.signIn("alice@msn.test", bridge.Online)
	r.sayIn("bob", "alice: look", true)
	w := newWindow()
	alice.wait("ring " + room).(bridge.Ring).Chat.Attach(w)
	got := w.until(r, func(lines []string) bool { return len(lines) == 51 })
	if got[1] != "late: BOB> 11" || got[50] != "BOB> alice: look" {
		t.Errorf("%q ... %q", got[1], got[50])
	}
}

func TestRingPolicies(t *testing.T) {
	for _, c := range []struct {
		habit          bridge.RingPolicy
		word           string
		plain, mention bool
	}{
		{bridge.RingDefault, "default", false, true},
		{bridge.RingAll, "default", true, true},
		{bridge.RingNone, "default", false, false},
		{bridge.RingAll, "mentions", false, true},
		{bridge.RingNone, "all", true, true},
		{bridge.RingDefault, "none", false, false},
	} {
		for _, mention := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v %s %v", c.habit, c.word, mention), func(t *testing.T) {
				r, alice := inRoom(t)
				r.net.SetHabits(bridge.Habits{Ring: c.habit})
				r.command(alice, "ring "+room+" "+c.word)
				r.sayIn("bob", "hello", mention)
				rang := slices.Contains(alice.settled(), "ring "+room)
				if want := c.plain && !mention || c.mention && mention; rang != want {
					t.Errorf("rang: %v", rang)
				}
			})
		}
	}
}

// command has the service contact do something, and returns its answer.
func (r *rig) command(s *seat, text string) string {
	r.t.Helper()
	chat, err := s.open("gateway@msn.test")
	if err != nil {
		r.t.Fatal(err)
	}
	w := newWindow()
	chat.Attach(w)
	defer chat.Detach(w)
	if err := send(r, chat, text); err != nil {
		r.t.Fatal(err)
	}
	return w.until(r, func(lines []string) bool { return len(lines) > 0 })[0]
}

// A room that one cannot be in is away, says why in its name, and loses its window.
func TestRoomClosed(t *testing.T) {
	r, alice := inRoom(t)
	_, w := alice.enter()
	w.wait(r, whole...)
	r.emit("alice@msn.test", bridge.Remark{Chat: r.net.Addr("#go"), Text: "bob has kicked you"},
		bridge.PresenceChanged{Addr: r.net.Addr("#go"), Name: "#Go", Presence: bridge.Presence{State: bridge.Away, Note: "banned"}})
	w.wait(r, append(slices.Clone(whole), "bob has kicked you", "closed")...)
	if ev := alice.wait(room + " is away").(bridge.PresenceChanged); ev.Name != "#Go (banned)" {
		t.Errorf("the room is called %q", ev.Name)
	}
	r.sayIn("bob", "@alice", true)
	alice.wait("ring " + room)
}

// Nobody hears what is said in rooms that are on no list, or by the blocked.
func TestRoomDrops(t *testing.T) {
	r, alice := inRoom(t)
	alice.mustAdd(bridge.BL, "eve@net.test")
	r.sayIn("eve", "@alice", true)
	if _, err := alice.remove(bridge.FL, room); err != nil {
		t.Fatal(err)
	}
	r.sayIn("bob", "@alice", true)
	alice.mustAdd(bridge.FL, room)
	alice.wait(room + " is online")
	_, w := alice.enter()
	w.wait(r, whole...)
	if got := alice.settled(); slices.Contains(got, "ring "+room) {
		t.Errorf("rang: %q", got)
	}
}

// The window lives on over a lost connection, and is told anew who is there.
func TestRoomReconnects(t *testing.T) {
	r, alice := inRoom(t)
	_, w := alice.enter()
	w.wait(r, whole...)
	r.net.Disconnect("alice@msn.test", errors.New("lost"))
	alice.wait(room + " is offline")
	r.connected("alice@msn.test")
	w.wait(r, append(slices.Clone(whole), whole...)...)
}

func TestRoomCommands(t *testing.T) {
	r := bridged(t)
	r.net.AddPerson("#go", "#Go", bridge.Presence{State: bridge.Online})
	alice := r.signIn("alice@msn.test", bridge.Online)
	for _, c := range []struct{ text, want string }{
		{"rooms", "no room on your list"},
		{"join", "which room"},
		{"join bob@net.test", "no room"},
		{"join #nowhere@net.test", "Not joined"},
		{"join #go secret", "You are in #go@net.test"},
		{"rooms", "#go@net.test: entered; rings for mentions"},
		{"ring #go all", "rings for all"},
		{"ring #go loudly", "none of"},
		{"part net #go", "You have left"},
		{"part #go", "not on your list"},
	} {
		if got := r.command(alice, c.text); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q", c.text, got)
		}
	}
	alice.wait("+FL " + room)
	alice.wait("-FL " + room)
	if c, err := r.net.WaitCall(r.ctx, "Join", func(c bridgetest.Call) bool { return c.Addr.ID == "#go" }); err != nil || c.Key != "secret" {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := r.net.WaitCall(r.ctx, "Leave", nil); err != nil || c.Addr.ID != "#go" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestRoomInvite(t *testing.T) {
	r, alice := inRoom(t)
	r.net.AddPerson("ann", "Ann", bridge.Presence{})
	chat, _ := alice.enter()
	alice.mustAdd(bridge.BL, "sue@net.test")
	for handle, want := range map[string]error{
		"ann@net.test":   nil,
		"bob@net.test":   bridge.ErrAlreadyThere,
		"zoe@net.test":   bridge.ErrNotOnline,
		"sue@net.test":   bridge.ErrBlocked,
		"#x@net.test":    errors.ErrUnsupported,
		"alice@msn.test": errors.ErrUnsupported,
		"no handle":      bridge.ErrMalformed,
	} {
		got := make(chan error, 1)
		chat.Invite(handle, func(_ *bridge.Chat, err error) { got <- err })
		if err := <-got; !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", handle, err, want)
		}
	}
}

// An invitation into a room is a contact request; allowing it enters the room.
func TestRoomInvitation(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	r.emit("alice@msn.test", bridge.Invited{Contact: bridge.Contact{Addr: r.net.Addr("#go"), Name: "#go (invited by bob)"}})
	alice.wait("+RL " + room)
	alice.mustAdd(bridge.AL, room)
	if c, err := r.net.WaitCall(r.ctx, "Answer", nil); err != nil || c.Addr != r.net.Addr("#go") || !c.On {
		t.Fatalf("%+v, %v", c, err)
	}
	r.emit("alice@msn.test", bridge.ContactFound{Contact: bridge.Contact{Addr: r.net.Addr("#go"), Name: "#go"}})
	alice.wait("+FL " + room)
}

// Who has a client that knows no handle with a # gets the rooms of the bridge
// without one too.
func TestRoomWithoutHash(t *testing.T) {
	r := bridged(t)
	for _, id := range []string{"#go", "#tea", "#new"} {
		r.net.AddPerson(id, id, bridge.Presence{State: bridge.Online})
	}
	alice := r.signIn("alice@msn.test", bridge.Online)
	called := func(event, want string) {
		t.Helper()
		e := alice.wait(event).(bridge.ListChanged).Change.Entry
		alice.turn(func() {
			if got := e.Spelling(); got != want {
				t.Errorf("%s: it is called %s, want %s", event, got, want)
			}
		})
	}
	invited := func(id string) {
		r.emit("alice@msn.test", bridge.Invited{Contact: bridge.Contact{Addr: r.net.Addr(id), Name: id}})
	}
	invited("#new")
	called("+RL #new@net.test", "#new@net.test")
	if got := r.command(alice, "join ~23go@net.test"); !strings.Contains(got, "You are in ~23go@net.test") {
		t.Error(got)
	}
	called("+FL #go@net.test", "~23go@net.test")
	invited("#tea")
	called("+RL #tea@net.test", "~23tea@net.test")
	alice.mustAdd(bridge.FL, "#tea@net.test")
	alice.turn(func() {
		for _, e := range alice.Entries(bridge.FL) {
			if e.Handle == "#tea@net.test" && e.Spelling() != e.Handle {
				t.Errorf("what the user calls a room counts, not %s", e.Spelling())
			}
		}
	})
}

// A guest with a login of its own in the room speaks through that.
func TestRoomGuest(t *testing.T) {
	r, alice := inRoom(t)
	if err := r.AddAccounts(r.ctx, bridge.NewAccount{Handle: "carol@msn.test", Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	chat, _ := alice.enter()
	guest := func(handle string) *bridge.Chat {
		got := make(chan *bridge.Chat, 1)
		chat.Guest(handle, func(c *bridge.Chat) { got <- c })
		return <-got
	}
	for _, handle := range []string{"carol@msn.test", "alice@msn.test", "nobody@msn.test"} {
		if c := guest(handle); c != nil {
			t.Errorf("%s is a guest", handle)
		}
	}
	r.login("carol@msn.test")
	carol := r.signIn("carol@msn.test", bridge.Online)
	carol.mustAdd(bridge.FL, room)
	carol.wait(room + " is online")
	c := guest("Carol@msn.test")
	if c == nil {
		t.Fatal("carol is no guest")
	}
	if self, ok := c.Self(); !ok || self.Addr != r.net.Addr("carol@msn.test") {
		t.Errorf("carol is %v, %v", self, ok)
	}
}

// Of many rooms the service contact lists some, and says how to find the others.
func TestRoomsListedInPart(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	for n := range 43 {
		name := fmt.Sprintf("#room%02d", n)
		r.net.AddPerson(name, name, bridge.Presence{State: bridge.Online})
		alice.mustAdd(bridge.FL, name+"@net.test")
	}
	got := r.command(alice, "rooms")
	if n := strings.Count(got, "@net.test"); n != 40 || !strings.Contains(got, "and 3 more: say rooms NETWORK WORD") || !strings.Contains(got, "#room39@net.test: ") {
		t.Errorf("%d rooms: %q", n, got)
	}
}
