package bridge

import (
	"cmp"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// An account is a user of this service while it is in memory. All fields are
// its turn's but for those that say otherwise.
type account struct {
	b      *Bridge
	handle string // never changes
	turn   turn

	// face is what others may see of the account: published by its turn, read by all.
	face atomic.Pointer[face]

	password Secret
	admitted string // the network that admits the owner; empty: none
	settings Settings
	version  uint32
	byHandle map[string]*Entry
	entries  []*Entry // in the order in which they came
	groups   []Group
	auto     int // entries on the forward list that the bridge has put there

	session  *Session // who is signed in, or nil
	presence Presence // of the session
	revealed bool     // the session has set its first state
	ringSoon bool     // look for conversations to ring when the turn is over

	logins map[string]*login // by network; nil if there are none
	chats  map[Addr]*Chat    // conversations that have been used; nil if there are none

	late     batch     // what loading has found out; written by wakeUp
	outgoing []Message // under way when the service ended; sent again with the logins

	warned map[string]time.Time // when the user was last told, by text
	listed []Addr               // the rooms that the service contact has listed last, by number
	awake  bool                 // the turn has begun
	gone   bool                 // unloaded
	over   chan struct{}        // it is being removed: closed when that is over; else nil
	left   atomic.Int64         // when the last session ended, in Unix nanoseconds; 0 while there is one
}

func newAccount(b *Bridge, r *AccountRecord) *account {
	a := &account{b: b, handle: r.Handle, password: r.Password, admitted: r.Admitted, settings: r.Settings,
		version: r.Version, entries: r.Entries, groups: r.Groups}
	a.turn.a = a
	a.left.Store(time.Now().UnixNano())
	a.settings.Name = cmp.Or(r.Settings.Name, r.Name)
	a.byHandle = make(map[string]*Entry, len(r.Entries)+1)
	for _, e := range r.Entries {
		b.share(e)
		if b.handles.isAlias(e.Handle) {
			b.handles.remember(e.Addr)
		}
		e.properties = r.Properties[e.Handle]
		a.byHandle[e.Handle] = e
		if e.Auto && e.On(FL) {
			a.auto++
		}
	}
	a.publish()
	return a
}

// share has an entry refer to texts that are in memory once for all accounts.
func (b *Bridge) share(e *Entry) {
	if service := b.handles.service(); e.Addr == service {
		e.Addr, e.Handle = service, service.ID
		if e.Name == serviceTitle {
			e.Name = serviceTitle
		}
		return
	}
	if n := b.handles.byName[e.Addr.Network]; n != nil {
		e.Addr.Network = n.Name()
	}
	if e.Addr.ID == e.Handle {
		e.Addr.ID = e.Handle
	}
	if e.Name == e.Handle {
		e.Name = e.Handle
	}
}

func (a *account) log() *slog.Logger { return a.b.log.With("account", a.handle) }

// afterTurn does what must come after the answers of the function that has just
// run.
func (a *account) afterTurn() {
	if a.ringSoon {
		a.ringSoon = false
		a.ring()
	}
}

// emit hands an event to the session, if there is one.
func (a *account) emit(ev Event) {
	if a.session != nil {
		a.session.sink.Event(ev)
	}
}

// name is the friendly name, or the handle of an account that has none.
func (a *account) name() string { return cmp.Or(a.settings.Name, a.handle) }

// entry returns the entry of an address, or nil.
func (a *account) entry(addr Addr) *Entry {
	return a.byHandle[a.b.handles.handle(addr)]
}

// makeEntry returns the entry of an address, made if need be.
func (a *account) makeEntry(addr Addr, name string) *Entry {
	handle := a.b.handles.remember(addr)
	if e := a.byHandle[handle]; e != nil {
		return e
	}
	e := &Entry{Handle: handle, Addr: addr, Kind: a.b.handles.kind(addr), Name: cmp.Or(name, handle)}
	if rest, ok := strings.CutPrefix(handle, "#"); ok && a.refusesHash() {
		e.Shown = escapedHash + rest
	}
	a.byHandle[handle] = e
	a.entries = append(a.entries, e)
	return e
}

// tidy forgets an entry that says nothing any more.
func (a *account) tidy(e *Entry) {
	if e.Lists == 0 && !e.Removed && e.Pending == NothingPending && e.Ring == RingDefault {
		delete(a.byHandle, e.Handle)
		a.entries = slices.DeleteFunc(a.entries, func(o *Entry) bool { return o == e })
	}
}
