package bridge

import (
	"context"
	"log/slog"
	"time"
)

// A Network is a chat system the bridge can reach.
type Network interface {
	// Name is what the network is called in the configuration and at the command
	// line ("libera", "matrix"). Title is what people call it ("Libera.Chat").
	Name() string
	Title() string

	// Domain is the domain that the handles of all its people and rooms end in,
	// or empty for a network whose IDs name their own servers (Matrix).
	Domain() string

	// Split writes an ID as local part and domain, both as they are, unescaped;
	// ok is false if the ID has no such form (a Matrix room ID).
	Split(id string) (local, domain string, ok bool)

	// Join is the inverse of Split: it makes the permanent ID of local@domain. An
	// error says in plain words what is wrong with it.
	Join(local, domain string) (id string, err error)

	// Kind tells from an ID whether it is a person or a room.
	Kind(id string) Kind

	// Check says in plain words what is wrong with the keys and the secret of a
	// login before it is stored ("nick: missing"). It asks nobody, and may put
	// keys into their usual form.
	Check(keys map[string]string, secret Secret) error

	// Habits are how the network wants to be treated.
	Habits() Habits

	// Connect signs login in and returns once the network accepts it. What happens
	// afterwards is handed to emit, in order. Connect paces itself where the
	// network wants that. A RejectedError ends the attempts.
	Connect(ctx context.Context, login Login, emit Emit) (Conn, error)

	// Forget takes back what the login has on the network (a device) and what is kept
	// of it outside its State, because its owner removes it. No Conn of it lives then,
	// and it need never have been connected. It has ten seconds, and may be called
	// again if the process dies meanwhile. ErrUnsupported if there is nothing; another
	// error is said to whoever removes the login, which goes nevertheless.
	Forget(ctx context.Context, login Login) error

	// Commands are what its users can say to it through the service contact, after
	// its name ("matrix verify"): see Conn.Command.
	Commands() []Command
}

// A Command is one line of help.
type Command struct {
	Name string // one word
	Args string // in capitals what stands for something: "KEY"
	Help string // what it does, beginning in lower case and without a full stop
}

// Habits are what differs from network to network. What is zero has a default.
type Habits struct {
	// LongestWait bounds the time between two attempts to connect; default 30 s.
	LongestWait time.Duration

	// RosterLimit: of a room with more members only those who speak are shown;
	// default 20.
	RosterLimit int

	// Ring says which messages of a room open a window, where the user has not
	// decided otherwise; default RingMentions.
	Ring RingPolicy
}

// A RingPolicy says which messages of a room open a window.
type RingPolicy uint8

// The policies. RingDefault is to do as Habits say.
const (
	RingDefault RingPolicy = iota
	RingMentions
	RingAll
	RingNone
)

// A Login is one account's identity on one network.
type Login struct {
	Account string            // handle of the owner
	Network string            // Network.Name
	Keys    map[string]string // as given at the command line: nick, user, homeserver, ...
	Secret  Secret            // password or token; empty if none was given

	// Position is what the last Emit saved; nil for a new login.
	Position []byte

	// Since is when the login was made, in Unix seconds: nothing older is delivered.
	Since int64

	// Initial is the presence that the account has while Connect runs.
	Initial Presence

	State LoginState
	Log   *slog.Logger // has the account and network as attributes

	// Say has the service contact tell the owner something. It may be called from
	// any goroutine until the Conn is Done, and does not wait. What is more than 30
	// lines a minute is not said.
	Say func(text string)

	// Await is for Connect alone: it goes on waiting, for the owner to do what text
	// asks for (to approve the sign-in elsewhere). The owner is told as by Say, and
	// whoever asks how the login fares.
	Await func(text string)
}

// LoginState is what a network keeps about a login between connections: small
// values by key. Secrets put there are sealed by the store.
type LoginState interface {
	Get(ctx context.Context, key string) ([]byte, error) // nil, nil if there is none
	Put(ctx context.Context, key string, value []byte) error
	Delete(ctx context.Context, key string) error
	Keys(ctx context.Context, prefix string) ([]string, error)
	// ReplaceSecret keeps a token in place of the password it was got with.
	ReplaceSecret(ctx context.Context, s Secret) error
}

// Emit hands events to the account and returns once they are applied and stored
// together with position (a sync token, a message ID), in one transaction; a nil
// position leaves the last one. On error the network asks for them again.
// Messages are deduplicated by ID, remembered for 30 days; a network that has no
// IDs gives none and gets no deduplication. Emit may block while the account is
// busy: the network's own flow control then holds the sender back.
type Emit func(ctx context.Context, evs []Event, position []byte) error

// A Conn is one login's live connection. Its methods may be called from several
// goroutines; messages to one Addr are sent one after another. A method the
// network cannot carry out returns errors.ErrUnsupported. All calls are bounded
// by their context.
type Conn interface {
	// Send delivers a message; nil: the network has it. See SendError. The context
	// ends when the writer must have an answer; whatever is not known then is
	// Unknown, and the Conn may go on finding out (with the same transaction ID).
	// The end is put off by Progress.
	Send(ctx context.Context, msg Message) error

	SetTyping(ctx context.Context, chat Addr, typing bool) error

	// SetPresence shows p to the network's people. Offline and Hidden mean that no
	// client is signed in, or that it hides.
	SetPresence(ctx context.Context, p Presence) error

	// Watch names all the people whose presence is wanted, replacing those named
	// before. It creates nothing. It is called after each Connect and after each
	// change. Their presence is emitted as it becomes known; people never told of
	// are Offline, and all are when the connection ends. A room that is named is
	// one that the login is to be in: a network on which one has to enter rooms anew
	// with each connection (IRC) does so, and leaves those that are not named any more.
	Watch(ctx context.Context, who []Addr) error

	// AddContact is the user's act, once: it makes or finds the direct chat, and
	// accepts an invitation of theirs that is pending, or enters the room.
	// ErrNoSuchPerson if the network says so. A Contact with another Addr is whom
	// addr stands for (a room's alias), and takes its place on the lists.
	// RemoveContact leaves a room where nothing of it is lost by that (IRC), and else
	// has nothing to do: see Leave.
	AddContact(ctx context.Context, addr Addr) (Contact, error)
	RemoveContact(ctx context.Context, addr Addr) error

	// Leave leaves a room for good.
	Leave(ctx context.Context, room Addr) error

	// Answer accepts or declines the invitations that are pending from addr, or to
	// it if it is a room; nil if there are none.
	Answer(ctx context.Context, addr Addr, accept bool) error

	// Block names all the people on the block list, replacing those named before. It
	// is called after each Connect and after each change. A network that keeps such a
	// list of its own brings the two into step, and emits Ignored for what has been
	// changed there.
	Block(ctx context.Context, who []Addr) error

	// MarkRead says that a window has shown a message and all before it.
	MarkRead(ctx context.Context, m Message) error

	// Reach says whether a conversation with addr can be opened now: nil, or
	// ErrNoSuchPerson, or why not. It has five seconds.
	Reach(ctx context.Context, addr Addr) error

	// Join enters a room now, with its key if it needs one, which is kept for the
	// next time. The Contact may have another Addr, as with AddContact. The error
	// says in plain words why not.
	Join(ctx context.Context, room Addr, key string) (Contact, error)

	// Roster says whether the members of a room are to be told of. It emits a whole
	// RosterChanged, with nobody in it if there are more than most, and what is
	// worth knowing to whoever opens a window (the topic) as Remarks, before it
	// returns; from then on every change. Most 0: no more. Called again after each
	// Connect.
	Roster(ctx context.Context, room Addr, most int) error

	// Invite asks somebody into a room. Errors: ErrAlreadyThere, ErrNoSuchPerson,
	// ErrUnsupported, or why not.
	Invite(ctx context.Context, room, who Addr) error

	// Gather makes a new room with these people, whom it invites. ErrUnsupported
	// where that makes no sense.
	Gather(ctx context.Context, people []Addr) (Contact, error)

	// Open reads a file that a message has brought, by its File.Ref. The caller
	// closes it. ErrNotFound if it is not there any more; other errors say in plain
	// words why not.
	Open(ctx context.Context, ref string) (*Download, error)

	// Command does what the user has asked of the network through the service
	// contact, in the words after its name, and returns what there is to say. An
	// error is said too. What goes on for longer is reported through Login.Say. The
	// words may be secret.
	Command(ctx context.Context, words []string) (string, error)

	// Self is who the login is on the network just now.
	Self() Contact

	// Status is a remark for the owner about the live connection ("presence is
	// inferred: the homeserver has none"), or empty.
	Status() string

	Close() error

	// Done is closed when the connection and all its goroutines have ended; Err
	// then says why, and is nil after Close.
	Done() <-chan struct{}
	Err() error
}
