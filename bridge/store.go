package bridge

import (
	"context"
	"time"
)

// A Store keeps what must survive a restart. It is implemented by package
// store. Its methods may be called from several goroutines; those that read wait
// for the database and are never called in an account's turn.
type Store interface {
	// Handles lists the handles of all accounts.
	Handles(ctx context.Context) ([]string, error)

	// Account loads all there is of one account; ErrNotFound.
	Account(ctx context.Context, handle string) (*AccountRecord, error)

	// AccountInfos lists handle and name of every account, in handle order.
	AccountInfos(ctx context.Context) ([]AccountInfo, error)

	// Having lists the handles of the accounts that have somebody on their forward list and not on
	// their block list, in order.
	Having(ctx context.Context, who Addr) ([]string, error)

	// Logins lists all logins of all accounts, in order of account and network.
	Logins(ctx context.Context) ([]LoginRecord, error)

	// Aliases lists the handles that stand for IDs which have no plain form.
	Aliases(ctx context.Context) (map[string]Addr, error)

	// State is what the network keeps about a login.
	State(account, network string) LoginState

	// Do runs f in a transaction and returns when it is committed.
	Do(ctx context.Context, f func(Tx) error) error

	// Update is Do without waiting: done is called from the store's goroutine, with
	// the error of f or of the commit, in the order of the calls to Update and Do;
	// it must not wait. The store runs what is queued in one database transaction,
	// each f in a savepoint of its own: one that fails takes back only itself.
	Update(f func(Tx) error, done func(error))
}

// A Tx is the writing side of a Store, valid only inside the function it was
// given to. What it is handed is not kept after the call. Accounts are named by
// their handle, logins by account and network.
type Tx interface {
	CreateAccount(a AccountInfo, password Secret) error // ErrExists; version 1, defaults
	DeleteAccount(handle string) error                  // with everything that is its own; ErrNotFound
	SetPassword(handle string, password Secret) error   // ErrNotFound
	SaveSettings(handle string, s Settings) error

	// SetAdmitted notes that the account was made for somebody whom a network has
	// admitted (Admitter); ErrNotFound.
	SetAdmitted(handle, network string) error

	// SaveEntry keeps a list entry; one that is on no list, has no Pending, is not
	// Removed and has no Ring is deleted. All changes of lists and settings also save the version.
	SaveEntry(handle string, e *Entry) error
	SaveGroup(handle string, g Group) error
	DeleteGroup(handle string, id int) error         // and takes it off all entries
	SaveVersion(handle string, version uint32) error // never a lower one

	AddLogin(l LoginRecord) error              // ErrExists
	DeleteLogin(account, network string) error // with its state, messages and IDs seen; ErrNotFound

	// ReplaceLogin puts a login in the place of another one. What waits stays, but
	// neither where on the network nor under which ID it was said, and so do the IDs
	// seen; state, Vias and outgoing messages go. ErrNotFound.
	ReplaceLogin(l LoginRecord) error

	SaveLoginKeys(account, network string, keys map[string]string) error // in place of those it had; ErrNotFound
	SaveLoginSecret(account, network string, s Secret) error             // the same
	SavePosition(account, network string, position []byte) error
	SaveState(account, network, key string, value []byte) error // see LoginState; ErrNotFound

	// Seen remembers a message ID for 30 days and tells whether it was known.
	Seen(account, network, id string, at time.Time) (bool, error)

	// AddWaiting keeps an inbound message until DropWaiting; the number it gets
	// grows with each message of the account.
	AddWaiting(account string, m Message) (seq int64, err error)
	DropWaiting(account string, seqs ...int64) error

	// ReplaceWaiting puts another message in the place of one that waits. One that
	// is not there is no error.
	ReplaceWaiting(account string, seq int64, m Message) error

	// AddOutgoing keeps an outbound message, by its ID, until DropOutgoing.
	AddOutgoing(account string, m Message) error
	DropOutgoing(account, id string) error

	// SaveVia keeps the Via of the last message shown in a conversation, or forgets
	// it if it is empty.
	SaveVia(account string, chat Addr, via string) error

	// SaveAlias keeps a handle that stands for an address.
	SaveAlias(handle string, a Addr) error
}

// AccountInfo is what a listing shows of an account.
type AccountInfo struct{ Handle, Name string }

// An AccountRecord is an account as the store has it.
type AccountRecord struct {
	AccountInfo
	Password Secret
	Admitted string // the network that admits the owner; empty: none, the operator has made the account
	Settings Settings
	Version  uint32
	Entries  []*Entry // in the order in which they came
	Groups   []Group  // in order of ID, without group 0
	Waiting  []WaitingMessage
	Outgoing []Message // oldest first
	Vias     map[Addr]string
	Logins   []LoginRecord

	// Reverse lists the local accounts that have this one on their forward list, in
	// handle order, whatever Entries say: the account puts its own entries right.
	Reverse []AccountInfo

	// Properties are those of the local accounts on the forward list that have any
	// and let this one see them, by handle.
	Properties map[string]map[string]string
}

// A WaitingMessage is an inbound message that has not been shown yet.
type WaitingMessage struct {
	Seq     int64
	Message Message
}

// A LoginRecord is a login as the store has it.
type LoginRecord struct {
	Account, Network string
	Keys             map[string]string
	Secret           Secret
	Position         []byte
	Since            int64 // Unix seconds
}

// Settings are an account's own.
type Settings struct {
	Name string // friendly name, as others see it

	// AskAboutAdders: the user wants to be asked about people who have put him on
	// their list; otherwise the client allows them silently (GTC A and N).
	AskAboutAdders bool

	// AllowedOnly: only people on the allow list may see and call the user;
	// otherwise all but those on the block list (BLP BL and AL).
	AllowedOnly bool

	// Properties are named values that contacts may see (phone numbers); opaque
	// here. Never changed in place.
	Properties map[string]string
}

// A List is one of a user's lists, or a set of them.
type List uint8

// The lists: forward (the contacts), allow, block, and reverse (who has the user
// on the forward list).
const (
	FL List = 1 << iota
	AL
	BL
	RL
)

// Pending is what a network has still to be told about an entry.
type Pending uint8

// What can be pending.
const (
	NothingPending Pending = iota
	PendingAdd             // Conn.AddContact
	PendingRemove          // Conn.RemoveContact
	PendingAccept          // Conn.Answer
	PendingDecline
)

// An Entry is one person or room on an account's lists. It is owned by the
// account's turn; others read it only there.
type Entry struct {
	Handle string // canonical
	Shown  string // as the client spells it; empty if that is Handle
	Addr   Addr
	Kind   Kind

	Name   string // what the forward list calls the contact
	Lists  List
	Groups []int // groups on the forward list, ascending; empty is group 0 alone

	// Removed: the user has taken the contact off the forward list, so the bridge
	// does not put it back.
	Removed bool
	Auto    bool // put on the forward list by the bridge
	Pending Pending

	// Ring says which messages of a room open a window.
	Ring RingPolicy

	// properties are those of a local contact that this account may see, as they
	// were when the contact was last looked at; see AccountRecord.Properties.
	properties map[string]string

	told told // what the session knows of it
}

// On tells whether the entry stands on all the lists in l.
func (e *Entry) On(l List) bool { return e.Lists&l == l }

// Spelling is the handle as the client has spelt it.
func (e *Entry) Spelling() string {
	if e.Shown != "" {
		return e.Shown
	}
	return e.Handle
}

// A Group is a named part of the forward list. Group 0 is always there and is
// not kept.
type Group struct {
	ID   int
	Name string
}
