package client

import "msnbridge/msn/wire"

// An Event is something that the server says by itself: of a Client or of a
// Switchboard, as the comments tell.
type Event interface{ event() }

// Presence says how present a contact is, and what they say of themselves (Client).
// It comes again when only the note or the media have changed.
type Presence struct {
	Handle  string
	Name    string // empty with FLN
	State   State
	Initial bool // ILN: the answer to a first CHG or to an ADD

	Features Features // from MSNP8
	Picture  string   // an MSNObject; empty: none, or not told (from MSNP9)
	Note     string   // personal message (from MSNP11)
	Media    Media    // what they listen to (from MSNP11)
}

// ListChanged says that somebody else has changed the lists: another user (RL),
// or the server (Client).
type ListChanged struct {
	Removed bool
	List    List
	Entry   Entry // without a handle if the server names a GUID that it has not told before
	Version int   // until MSNP9
}

// GroupAdded says that the server has made a group (Client, from MSNP7).
type GroupAdded struct {
	Group   Group
	Version int // until MSNP9
}

// PropertyChanged brings a property of a contact or of the user (Client, from
// MSNP5).
type PropertyChanged struct {
	Handle, Key, Value string
}

// Ring is a call: Client.Answer accepts it (Client).
type Ring struct {
	Session string // ID of the switchboard session
	Address string // host:port of the switchboard
	Cookie  string
	Handle  string // who calls
	Name    string
}

// Called says that a call was answered because of Options.Answer; with Err it
// could not be (Client).
type Called struct {
	Ring        Ring
	Switchboard *Switchboard
	Err         error
}

// ServerMessage is a MSG of the notification server: profile, mail, or a system
// message (Client).
type ServerMessage struct {
	Message wire.Message
}

// StateChanged says that the server has changed the own state (Client).
type StateChanged struct{ State State }

// SignedOut says that the server has ended the session; Reason is empty, OTH, SSD,
// TOU, MIG or RCT, which asks to come back after so many minutes (Client).
type SignedOut struct {
	Reason  string
	Minutes int
}

// Joined says that somebody has come into the conversation (Switchboard).
type Joined struct {
	Handle, Name string
	Features     Features // from MSNP12
}

// Left says that somebody has left it, by himself or because it was idle (Switchboard).
type Left struct {
	Handle string
	Idle   bool
}

// Message is a MSG of somebody in the conversation (Switchboard). IsText tells
// whether it is text for people; Text is then its body with LF line ends.
type Message struct {
	From, Name string
	Raw        []byte // the payload as it came
	Type       string // of its content, in lower case and without parameters
	Body       []byte // what follows the header
	IsText     bool
	Text       string
	IsNudge    bool // it shakes the window
}

// Typing says that somebody is writing (Switchboard).
type Typing struct{ Handle string }

// NotDelivered says that a message sent in mode N has reached nobody (Switchboard).
type NotDelivered struct{ ID uint32 }

// Other is a command that the package knows no meaning of (both).
type Other struct{ Reply Reply }

func (Presence) event()        {}
func (ListChanged) event()     {}
func (GroupAdded) event()      {}
func (PropertyChanged) event() {}
func (Ring) event()            {}
func (Called) event()          {}
func (ServerMessage) event()   {}
func (StateChanged) event()    {}
func (SignedOut) event()       {}
func (Joined) event()          {}
func (Left) event()            {}
func (Message) event()         {}
func (Typing) event()          {}
func (NotDelivered) event()    {}
func (Other) event()           {}
