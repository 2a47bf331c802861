// Package bridgetest has what tests of the bridge, of its front ends and of
// networks need: Network, a scripted chat system in memory, and Run, the
// conformance test that every real network must pass against a real server. It
// knows no protocol.
package bridgetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"

	"msnbridge/bridge"
)

// Options name a Network. The zero value is a network called "test" whose
// people live at many domains.
type Options struct {
	Name  string // default "test"
	Title string // default Name

	// Domain is where all its people live: their IDs are then local parts alone.
	// If it is empty, an ID is local@domain.
	Domain string
}

// A Network is a chat system in memory that does what a test tells it. Its
// people are made with AddPerson; what the bridge asks of it is recorded (Calls,
// WaitCall); what the network says is injected (Say, Emit, SetPresence).
type Network struct {
	o Options

	mu         sync.Mutex // guards the fields below
	onConnect  func(ctx context.Context, login bridge.Login) error
	onSend     func(ctx context.Context, account string, msg bridge.Message) error
	onCheck    func(keys map[string]string, secret bridge.Secret) error
	onForget   func(ctx context.Context, login bridge.Login) error
	onRead     func(ctx context.Context, account string, m bridge.Message) error
	onLeave    func(ctx context.Context, account string, room bridge.Addr) error
	onGather   GatherFunc
	onCommand  func(ctx context.Context, account string, words []string) (string, error)
	commands   []bridge.Command
	files      map[string]file
	people     map[string]person
	aliases    map[string]string           // of rooms: IDs
	members    map[string][]bridge.Contact // of rooms
	admissions Admissions
	habits     bridge.Habits
	faults     map[string]error // by method
	conns      map[string]*Conn // the live ones, by account
	status     string
	calls      []Call
	changed    chan struct{} // closed and replaced when calls or conns change
	ids        int           // IDs given to messages
}

type person struct {
	name     string
	presence bridge.Presence
}

var _ bridge.Network = (*Network)(nil)

// New makes a network without people.
func New(o Options) *Network {
	if o.Name == "" {
		o.Name = "test"
	}
	if o.Title == "" {
		o.Title = o.Name
	}
	return &Network{o: o, people: map[string]person{}, aliases: map[string]string{}, members: map[string][]bridge.Contact{}, faults: map[string]error{}, conns: map[string]*Conn{}, changed: make(chan struct{})}
}

// Name implements bridge.Network.
func (n *Network) Name() string { return n.o.Name }

// Title implements bridge.Network.
func (n *Network) Title() string { return n.o.Title }

// Domain implements bridge.Network.
func (n *Network) Domain() string { return n.o.Domain }

// Addr is the address of the person or room with this ID.
func (n *Network) Addr(id string) bridge.Addr { return bridge.Addr{Network: n.o.Name, ID: id} }

// Split implements bridge.Network. An ID that begins with ! (a room without a
// name) has no local part and domain.
func (n *Network) Split(id string) (local, domain string, ok bool) {
	if id == "" || id[0] == '!' {
		return "", "", false
	}
	if n.o.Domain != "" {
		return id, n.o.Domain, true
	}
	at := strings.LastIndexByte(id, '@')
	if at <= 0 || at == len(id)-1 {
		return "", "", false
	}
	return id[:at], id[at+1:], true
}

// Join implements bridge.Network. Local parts that begin with # are rooms. A
// local part with a space or a control code is an error, as is a foreign domain.
// Without a domain, a network that has none takes whole IDs of rooms.
func (n *Network) Join(local, domain string) (string, error) {
	switch {
	case n.o.Domain == "" && domain == "" && n.Kind(local) == bridge.Room && !strings.ContainsAny(local, " \r\n\x00"):
		return local, nil
	case local == "" || local[0] == '!' || strings.ContainsFunc(local, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return "", fmt.Errorf("%q is no name on %s", local, n.o.Title)
	case n.o.Domain == "" && domain != "" && !strings.Contains(domain, "@"):
		return local + "@" + domain, nil
	case n.o.Domain != "" && domain == n.o.Domain:
		return local, nil
	}
	return "", fmt.Errorf("%q is no domain of %s", domain, n.o.Title)
}

// Kind implements bridge.Network.
func (n *Network) Kind(id string) bridge.Kind {
	if strings.HasPrefix(id, "#") || strings.HasPrefix(id, "!") {
		return bridge.Room
	}
	return bridge.Person
}

// Habits implements bridge.Network: see SetHabits.
func (n *Network) Habits() bridge.Habits {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.habits
}

// SetHabits changes how the network wants to be treated.
func (n *Network) SetHabits(h bridge.Habits) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.habits = h
}

// Check implements bridge.Network. Without OnCheck every login is right.
func (n *Network) Check(keys map[string]string, secret bridge.Secret) error {
	n.mu.Lock()
	f := n.onCheck
	n.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(keys, secret)
}

// OnCheck sets what Check does; nil accepts everything.
func (n *Network) OnCheck(f func(keys map[string]string, secret bridge.Secret) error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.onCheck = f
}

// OnConnect sets what is done before a login is accepted: f may wait, and an
// error it returns is Connect's. Nil accepts every login at once.
func (n *Network) OnConnect(f func(ctx context.Context, login bridge.Login) error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.onConnect = f
}

// OnSend sets what becomes of an outbound message: what f returns is what Send
// returns. See Refuse, Unknown and Hang. Nil brings back the default: a message
// is taken if it goes to a person or a room that there is, and refused otherwise.
func (n *Network) OnSend(f func(ctx context.Context, account string, msg bridge.Message) error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.onSend = f
}

// SetStatus sets what Conn.Status says.
func (n *Network) SetStatus(s string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.status = s
}

// Connect implements bridge.Network. A second login of an account replaces the
// first in the records only: both live until they are closed.
func (n *Network) Connect(ctx context.Context, login bridge.Login, emit bridge.Emit) (bridge.Conn, error) {
	login.Keys = maps.Clone(login.Keys)
	n.record(Call{Account: login.Account, Method: "Connect", Login: login})
	n.mu.Lock()
	f := n.onConnect
	n.mu.Unlock()
	if f != nil {
		if err := f(ctx, login); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return n.open(login, emit), nil
}

func (n *Network) open(login bridge.Login, emit bridge.Emit) *Conn {
	c := newConn(n, login, emit)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns[login.Account] = c
	n.wake()
	return c
}

func (n *Network) closed(c *Conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.conns[c.login.Account] == c {
		delete(n.conns, c.login.Account)
	}
	n.wake()
}

// wake tells those who wait that something has changed. The lock must be held.
func (n *Network) wake() {
	close(n.changed)
	n.changed = make(chan struct{})
}

// wait returns when cond, called with the lock held, is true.
func (n *Network) wait(ctx context.Context, cond func() bool) error {
	for {
		n.mu.Lock()
		done, changed := cond(), n.changed
		n.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Conn is the account's live connection, or nil.
func (n *Network) Conn(account string) *Conn {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.conns[account]
}

// WaitConn waits until the account is connected.
func (n *Network) WaitConn(ctx context.Context, account string) (*Conn, error) {
	var c *Conn
	err := n.wait(ctx, func() bool { c = n.conns[account]; return c != nil })
	if err != nil {
		return nil, fmt.Errorf("wait for the connection of %s: %w", account, err)
	}
	return c, nil
}

// Disconnect ends the account's connection as a failing network would: Done is
// closed and Err is err. A *bridge.RejectedError says that it is for good.
func (n *Network) Disconnect(account string, err error) {
	if c := n.Conn(account); c != nil {
		c.end(err)
	}
}

// Refuse, Unknown and Hang are for OnSend. Refuse refuses everything, with this
// reason.
func Refuse(reason string) func(context.Context, string, bridge.Message) error {
	return func(context.Context, string, bridge.Message) error {
		return &bridge.SendError{Reason: reason}
	}
}

// Unknown leaves open what became of every message, of which sent parts of
// all the parts went out.
func Unknown(sent, parts int) func(context.Context, string, bridge.Message) error {
	return func(context.Context, string, bridge.Message) error {
		return &bridge.SendError{Unknown: true, Sent: sent, Parts: parts, Err: errors.New("connection lost")}
	}
}

// Hang never answers, until the context ends.
func Hang(ctx context.Context, _ string, _ bridge.Message) error {
	<-ctx.Done()
	return &bridge.SendError{Unknown: true, Err: context.Cause(ctx)}
}
