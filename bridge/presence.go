package bridge

import "cmp"

// State is how present a person is. The nine states are those of MSN, so that
// nothing is lost between two MSN users; each network maps them to what it has.
type State uint8

// The states, Offline first: it is the zero value.
const (
	Offline State = iota
	Hidden        // signed in, but shown to others as Offline
	Online
	Busy
	Idle
	BeRightBack
	Away
	OnPhone
	OutToLunch
)

// Visible tells whether others see a person in this state as present.
func (s State) Visible() bool { return s > Hidden }

var stateNames = [...]string{
	Offline: "offline", Hidden: "hidden", Online: "online", Busy: "busy", Idle: "idle",
	BeRightBack: "be right back", Away: "away", OnPhone: "on the phone", OutToLunch: "out to lunch",
}

// String names the state in plain English, as it may be shown to people of
// other networks ("be right back").
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown"
}

// A Presence is what others see of somebody. It is compared by ==.
type Presence struct {
	State   State
	Note    string // what they say of themselves, where the network has that
	Playing string // what they listen to, play or work with just now, in words, where the network has that

	// Client is what the client of a local user says of itself to other clients of its
	// front end: of a type of the front end's that == can compare, or nil. Nothing of it
	// goes to networks.
	Client any
}

// Words are what they say of themselves, or else what they do just now: for
// networks that have room for one of the two.
func (p Presence) Words() string { return cmp.Or(p.Note, p.Playing) }
