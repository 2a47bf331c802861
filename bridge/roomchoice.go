package bridge

import "fmt"

// KeyRooms is the key of a login that says which of its rooms are shown, on
// networks whose Check takes it; see CheckRooms.
const KeyRooms = "rooms"

// A RoomChoice says which of the rooms that a login is in the bridge puts on the
// forward list by itself. What the user puts there stays under every choice.
type RoomChoice uint8

// The choices.
const (
	AllRooms RoomChoice = iota
	FavouriteRooms
	ChosenRooms // none: all are chosen by hand
)

// roomChoices are the words for the choices.
var roomChoices = map[string]RoomChoice{
	"": AllRooms, "all": AllRooms,
	"favourites": FavouriteRooms, "favorites": FavouriteRooms,
	"chosen": ChosenRooms,
}

// ParseRoomChoice reads "all", "favourites" or "chosen"; empty is AllRooms.
func ParseRoomChoice(s string) (RoomChoice, error) {
	c, ok := roomChoices[s]
	if !ok {
		return 0, fmt.Errorf("%q is none of all, favourites and chosen", s)
	}
	return c, nil
}

// String is the word for a choice.
func (c RoomChoice) String() string { return [...]string{"all", "favourites", "chosen"}[c] }

// CheckRooms is for the Check of a network that has rooms to choose from: it says
// what is wrong with the choice, and puts it into its usual form.
func CheckRooms(keys map[string]string) error {
	given, there := keys[KeyRooms]
	if !there {
		return nil
	}
	c, err := ParseRoomChoice(given)
	if err != nil {
		return fmt.Errorf("%s: %w", KeyRooms, err)
	}
	keys[KeyRooms] = c.String()
	return nil
}

// wants tells whether a room that was found is to be shown.
func (c RoomChoice) wants(room Contact) bool {
	return c == AllRooms || c == FavouriteRooms && room.Favourite
}

// choice is which rooms of the login are shown.
func (l *login) choice() RoomChoice {
	c, _ := ParseRoomChoice(l.rec.Keys[KeyRooms])
	return c
}

// choose puts on the lists what the choice asks for, and takes off what the bridge
// has put there and the choice does not ask for.
func (l *login) choose(w *batch) {
	choice := l.choice()
	for _, e := range l.shown() {
		if e.Auto && !choice.wants(l.found[e.Addr]) {
			l.a.hide(w, e)
		}
	}
	for _, room := range l.foundRooms() {
		if e := l.a.entry(room.Addr); e == nil || !e.On(FL) && !e.Removed && !e.On(BL) {
			l.show(w, room)
		}
	}
	l.watchAll()
}

// show puts a contact on the lists that was found, if it is to be shown and there is
// space for it. A room that the user has allowed is one that the user has chosen.
func (l *login) show(w *batch, c Contact) (shown bool) {
	a := l.a
	e := a.entry(c.Addr)
	room := a.b.handles.kind(c.Addr) == Room
	chosen := room && e != nil && e.On(AL)
	if room && !chosen && !l.choice().wants(c) || !l.fits(w, c, chosen) {
		return false
	}
	e = a.makeEntry(c.Addr, c.Name)
	l.inRoom(c.Addr)
	a.rename(w, e, c.Name)
	a.addFound(w, e, l.groupFor(w, c), !chosen)
	return true
}

// fits tells whether one more can be put on the forward list. Where only so many
// come by themselves, a person or a favourite takes the place of another room.
func (l *login) fits(w *batch, c Contact, chosen bool) bool {
	a := l.a
	if a.auto >= mostAuto && !chosen && a.first(c) {
		a.displace(w)
	}
	return a.count(FL) < mostForward && (chosen || a.auto < mostAuto)
}

// first tells whether a contact comes before others where not all fit.
func (a *account) first(c Contact) bool {
	return c.Favourite || a.b.handles.kind(c.Addr) == Person
}

// displace takes off the room that has been silent longest, of those that the bridge
// has put on the list and that are no favourites.
func (a *account) displace(w *batch) {
	var silent *Entry
	var since int64
	for _, e := range a.entries {
		l := a.logins[e.Addr.Network]
		if l == nil || e.Kind != Room || !e.Auto || !e.On(FL) {
			continue
		}
		if c := l.found[e.Addr]; !c.Favourite && (silent == nil || c.Active < since) {
			silent, since = e, c.Active
		}
	}
	if silent != nil {
		a.hide(w, silent)
	}
}

// hide takes off the lists a room that the bridge has put there, as if it had not
// been found. The login stays in it.
func (a *account) hide(w *batch, e *Entry) {
	if c := a.chats[e.Addr]; c != nil && c.window == nil {
		c.stopRinging()
		c.drop(w, func(*waiting) bool { return true })
	}
	a.dropEntry(w, e)
	a.publish()
}
