package bridge

import (
	"context"
	"time"
)

// RingTime is how long a Ring waits to be answered.
const RingTime = 60 * time.Second

// A Sink takes the events of a session, in the account's turn. It must not
// block: it encodes and appends.
type Sink interface{ Event(ev Event) }

// A Session is one sign-in of an account: what a front end sees of the bridge.
// Post and Close may be called from any goroutine. All else is called in the
// account's turn: from a function given to Post, from Sink.Event, or from a
// callback named done, which is always called exactly once, in the turn.
type Session struct {
	a    *account
	sink Sink
}

// A Change is one change of a list.
type Change struct {
	List    List
	Entry   *Entry
	Group   int    // the group concerned; -1 if none was named
	Version uint32 // list version after the change

	// Presence is, after an addition to the forward list, how present the contact
	// is now. The session counts as told of it.
	Presence Presence
}

// SignIn makes sink the account's only session; an earlier one gets Ended. It
// waits for the account to be loaded. Between the state of the lists that the
// session sees and the first event there is no gap. ErrNotFound if there is no
// such account.
func (b *Bridge) SignIn(ctx context.Context, handle string, sink Sink) (*Session, error) {
	panic("todo")
}

// Post runs f in the account's turn, after all that was posted before. It blocks
// while the account's queue is full, and returns false, without running f, when
// the session has ended.
func (s *Session) Post(f func()) bool { panic("todo") }

// Close ends the session: its connection is gone. The sink gets no further event.
func (s *Session) Close() { panic("todo") }

// Handle is the account's own handle.
func (s *Session) Handle() string { panic("todo") }

// Version is the list version.
func (s *Session) Version() uint32 { panic("todo") }

// Settings are the account's.
func (s *Session) Settings() Settings { panic("todo") }

// Entries lists what stands on one list, in the order in which it came.
func (s *Session) Entries(l List) []*Entry { panic("todo") }

// Groups lists the groups in order of ID, without group 0.
func (s *Session) Groups() []Group { panic("todo") }

// Presence is the session's own state; Offline before the first SetPresence.
func (s *Session) Presence() Presence { panic("todo") }

// SetPresence changes the session's own state. The first time that it is called
// with another state than Offline it returns the contacts that are present,
// with their presence: the session counts as told of them. Waiting
// conversations ring after the function now running in the turn has returned.
func (s *Session) SetPresence(p Presence) []PresenceChanged { panic("todo") }

// Properties are the contact's, as far as this account may see them; nil if it
// may not or there are none.
func (s *Session) Properties(e *Entry) map[string]string { panic("todo") }

// Add puts handle on one of FL, AL and BL. group is a group ID for FL, or -1.
// Someone on FL already is only put into the group. Errors: ErrMalformed,
// ErrNoSuchUser, ErrAlreadyThere, ErrOpposite, ErrListFull, ErrGroup,
// ErrInvalid (RL), ErrNameTooLong, ErrStore. done is called when the store has it.
func (s *Session) Add(l List, handle, name string, group int, done func(Change, error)) {
	panic("todo")
}

// Remove takes handle off a list, or only out of a group. Errors: ErrNotOnList,
// ErrGroup, ErrNotInGroup, ErrInvalid, ErrStore.
func (s *Session) Remove(l List, handle string, group int, done func(Change, error)) {
	panic("todo")
}

// Rename sets the account's own friendly name, if handle is its own, or what its
// forward list calls a contact. Errors: ErrNotOnList, ErrNameTooLong, ErrInvalid, ErrStore.
func (s *Session) Rename(handle, name string, done func(version uint32, err error)) {
	panic("todo")
}

// SetAllowedOnly and SetAskAboutAdders change a setting; ErrSame if it is so
// already (the version is then that of now).
func (s *Session) SetAllowedOnly(on bool, done func(version uint32, err error))    { panic("todo") }
func (s *Session) SetAskAboutAdders(on bool, done func(version uint32, err error)) { panic("todo") }

// SetProperty sets one of the account's properties; empty removes it.
func (s *Session) SetProperty(key, value string, done func(version uint32, err error)) {
	panic("todo")
}

// AddGroup, RenameGroup and RemoveGroup change the groups. Members of a removed
// group that are in no other are in group 0. Errors: ErrGroup, ErrGroupZero,
// ErrGroupExists, ErrTooManyGroup, ErrNameTooLong, ErrStore.
func (s *Session) AddGroup(name string, done func(g Group, version uint32, err error)) {
	panic("todo")
}
func (s *Session) RenameGroup(id int, name string, done func(version uint32, err error)) {
	panic("todo")
}
func (s *Session) RemoveGroup(id int, done func(version uint32, err error)) { panic("todo") }

// Open finds the conversation with a bridged person, for a window that the user
// opens. It asks the network if need be (up to five seconds), so done may come
// later. Errors: ErrMalformed, ErrNotOnline (nobody there, or the login is
// down), ErrBlocked (on the block list). The answer does not attach a window.
func (s *Session) Open(handle string, done func(*Chat, error)) { panic("todo") }

// A Chat is an account's conversation with a bridged person or room, or with the
// service contact, as the front end sees it. Its methods may be called from any
// goroutine, also after the session has ended.
type Chat struct {
	// unexported
}

// Handle is the other side's handle, as the account spells it; Name what it is called now.
func (c *Chat) Handle() string { panic("todo") }
func (c *Chat) Name() string   { panic("todo") }

// A Window shows a conversation to people. Its methods are called in the
// account's turn and must not block.
type Window interface {
	// Show shows a message. shown must be called exactly once, from any goroutine:
	// nil when it has been written to a client without error. A message that was
	// not shown waits for another window. late: it could not be shown when it
	// came, so the window puts date and time in front.
	Show(m Message, late bool, shown func(error))

	// Typing says that the person is writing.
	Typing(from Addr, name string)

	// Replaced says that another window has taken over: this one gets nothing more,
	// but may still send.
	Replaced()
}

// Attach makes w the conversation's window: it gets what waits, then all that
// comes. An earlier window is Replaced.
func (c *Chat) Attach(w Window) { panic("todo") }

// Detach says that w is gone. Nothing happens if it is not the window.
func (c *Chat) Detach(w Window) { panic("todo") }

// Send sends a text. It is stored before it is sent. done is called exactly
// once, from any goroutine and within 50 seconds, with nil when the network has
// it, else a *SendError. It returns whether the writer could be told: if not,
// the account is told by a waiting message in the conversation. What is said to
// a person that is typed by a guest has the guest's name in Message text already.
func (c *Chat) Send(text string, emote bool, done func(error) (told bool)) { panic("todo") }

// Typing passes on that the user is writing.
func (c *Chat) Typing() { panic("todo") }

// Call runs f in the turn of the account named to, with the sink of its session:
// the front end rings there for the account named from. f gets ErrNotOnline if
// that account is unknown, not signed in, offline or hidden, and ErrBlocked if it
// does not let from call it. f may run before Call returns.
func (b *Bridge) Call(from, to string, f func(Sink, error)) { panic("todo") }
