package bridge

import "time"

// An Event is something that happened. A network emits events about a login;
// the account hands events to the session that is signed in. The comments say
// who uses which.
type Event interface{ event() }

// MessageReceived brings a message, from a network.
type MessageReceived struct{ Message Message }

// PresenceChanged says how present a person is now. From a network it must
// concern a watched contact; Name is the display name, empty if not known. A
// room that the login is in is Online; one that it cannot be in is Away, with the
// reason as the Note ("banned"), and a window that is open for it is closed. To a
// session it is a change of a contact on its forward list, with Entry set.
type PresenceChanged struct {
	Addr     Addr
	Presence Presence
	Name     string

	// To a session only: the contact's entry, what the session was told before, and
	// whether the name is another one.
	Entry   *Entry
	Was     Presence
	Renamed bool
}

// Typing says that From is writing in Chat right now, from a network. Name is what
// somebody in a room is called.
type Typing struct {
	Chat, From Addr
	Name       string
}

// RosterChanged says who has come into a room and who has gone, after Conn.Roster
// and from a network. It never names the login itself. With Whole, Joined are all
// who are to be shown, in place of those told before. Somebody who takes another
// name has joined with it and left with the old one.
type RosterChanged struct {
	Room   Addr
	Joined []Contact
	Left   []Addr
	Whole  bool
}

// Remark is a line about a conversation (a new nick, a departure), from a
// network. It is shown if a window is open, and else forgotten.
type Remark struct {
	Chat Addr
	Text string
}

// ContactFound says that the login has a direct chat with this person, or has
// joined this room, from a network. The account adds it to its lists by itself.
// It may be repeated; a change of name is told in this way too.
type ContactFound struct {
	Contact Contact

	// Chosen: the user has just entered the room, by a command typed in a window. It
	// stands on the lists whichever rooms are shown.
	Chosen bool
}

// RoomLeft says that the login is not in this room any more and will not come
// back by itself, from a network: the user has left it by a command typed in its
// window, or from another client. It is taken off the forward list, and comes back
// when it is found again.
type RoomLeft struct{ Room Addr }

// Moved says that one talks in another place from now on (a room that was upgraded,
// an alias that stands for a room), from a network: New takes the place of Old on
// the lists.
type Moved struct {
	Old Addr
	New Contact
}

// MessageReplaced concerns a message that was received before, from a network: a
// correction, a redaction, or one that can be read only now. While the message
// waits, New takes its place (nil: it is not shown at all). One that has been shown
// cannot be taken back: then Else happens, a MessageReceived or a Remark (nil:
// nothing).
type MessageReplaced struct {
	Chat Addr
	ID   string
	New  *Message
	Else Event
}

// Ignored says that the user has blocked or unblocked somebody from another client,
// from a network. The block list follows.
type Ignored struct {
	Who     Addr
	Ignored bool
}

// Invited says that this person invites the login to a conversation, or that the
// login is invited into this room, from a network, and may be repeated. The account
// answers through Conn.Answer, at once or when its owner has decided.
type Invited struct {
	Contact Contact
	By      Addr // who invites into a room; zero if that is not known
}

// InvitationGone says that the person's invitation no longer stands.
type InvitationGone struct{ Addr Addr }

// ReadElsewhere says that the account has read or answered Chat from another
// client: messages that wait with this Via, up to the one with this ID, or if
// that is not among them up to this time, are dropped.
type ReadElsewhere struct {
	Chat Addr
	Via  string
	ID   string
	Time time.Time
}

// Ring asks a session to open a window for Chat, which has something to show.
// It is answered by Chat.Attach; unanswered it expires after RingTime.
type Ring struct{ Chat *Chat }

// ListChanged tells a session of a change of its lists that it did not make:
// the bridge, the command line, or another user's forward list.
type ListChanged struct {
	Change  Change
	Removed bool
}

// GroupAdded tells a session of a group that the bridge made.
type GroupAdded struct {
	Group   Group
	Version uint32
}

// PropertiesChanged tells a session that the properties of a contact on its
// forward list have changed (Session.Properties).
type PropertiesChanged struct{ Entry *Entry }

// Ended tells a session that it is over. Nothing follows it.
type Ended struct{ Reason EndReason }

// EndReason says why a session was ended by the bridge.
type EndReason uint8

// The reasons.
const (
	SignedInElsewhere EndReason = iota
	ShuttingDown
	AccountGone // the account was removed, or its store failed
)

func (MessageReceived) event()   {}
func (PresenceChanged) event()   {}
func (Typing) event()            {}
func (RosterChanged) event()     {}
func (Remark) event()            {}
func (ContactFound) event()      {}
func (RoomLeft) event()          {}
func (Moved) event()             {}
func (MessageReplaced) event()   {}
func (Ignored) event()           {}
func (Invited) event()           {}
func (InvitationGone) event()    {}
func (ReadElsewhere) event()     {}
func (Ring) event()              {}
func (ListChanged) event()       {}
func (GroupAdded) event()        {}
func (PropertiesChanged) event() {}
func (Ended) event()             {}
