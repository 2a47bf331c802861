package bridgetest

import (
	"context"
	"slices"
	"sync"

	"msnbridge/bridge"
)

// queued is how many batches of events wait for Emit; one more blocks whoever
// injects it.
const queued = 1024

// A Conn is a login's connection to a Network.
type Conn struct {
	n     *Network
	login bridge.Login
	emit  bridge.Emit

	ctx    context.Context // ends with the connection
	cancel context.CancelCauseFunc
	events chan batch
	done   chan struct{}

	telling sync.Mutex // held while a presence is read and queued

	mu      sync.Mutex // guards the fields below
	watched []bridge.Addr
	err     error

	// sending has a lock for each Addr that was sent to: messages to one are sent
	// one after another.
	sending map[bridge.Addr]*sync.Mutex
}

// A batch is one call of Emit. result, if not nil, has room for its outcome.
type batch struct {
	ctx      context.Context
	evs      []bridge.Event
	position []byte
	result   chan error
}

var _ bridge.Conn = (*Conn)(nil)

func newConn(n *Network, login bridge.Login, emit bridge.Emit) *Conn {
	c := &Conn{n: n, login: login, emit: emit, events: make(chan batch, queued), done: make(chan struct{})}
	c.sending = map[bridge.Addr]*sync.Mutex{}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	go c.run()
	return c
}

// run is the connection's goroutine: it alone calls emit.
func (c *Conn) run() {
	defer close(c.done)
	defer c.n.closed(c)
	for {
		select {
		case b := <-c.events:
			c.handOver(b)
		case <-c.ctx.Done():
			return
		}
	}
}

func (c *Conn) handOver(b batch) {
	ctx, cancel := context.WithCancelCause(b.ctx)
	stop := context.AfterFunc(c.ctx, func() { cancel(bridge.ErrClosed) })
	err := c.emit(ctx, b.evs, b.position)
	stop()
	cancel(nil)
	if b.result != nil {
		b.result <- err
	}
}

// emitLater queues events of the network's own.
func (c *Conn) emitLater(evs ...bridge.Event) {
	select {
	case c.events <- batch{ctx: c.ctx, evs: evs}:
	case <-c.ctx.Done():
	}
}

func (c *Conn) emitWait(ctx context.Context, position []byte, evs []bridge.Event) error {
	b := batch{ctx: ctx, evs: evs, position: position, result: make(chan error, 1)}
	select {
	case c.events <- b:
	case <-c.done:
		return bridge.ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-b.result:
		return err
	case <-c.done:
		return bridge.ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *Conn) record(call Call) error {
	call.Account = c.login.Account
	c.n.record(call)
	if c.ctx.Err() != nil {
		return bridge.ErrClosed
	}
	return c.n.fault(call.Method)
}

// Login is the login that was connected.
func (c *Conn) Login() bridge.Login { return c.login }

// Send implements bridge.Conn: see Network.OnSend.
func (c *Conn) Send(ctx context.Context, msg bridge.Message) error {
	turn := c.turn(msg.Chat)
	turn.Lock()
	defer turn.Unlock()
	if err := c.record(Call{Method: "Send", Message: msg}); err != nil {
		return &bridge.SendError{Err: err}
	}
	c.n.mu.Lock()
	f := c.n.onSend
	c.n.mu.Unlock()
	if f == nil {
		return c.take(msg)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(c.ctx, func() { cancel(bridge.ErrClosed) })()
	return f(ctx, c.login.Account, msg)
}

func (c *Conn) take(msg bridge.Message) error {
	if msg.Retry {
		return &bridge.SendError{Unknown: true}
	}
	if _, ok := c.n.person(msg.Chat.ID); !ok {
		return &bridge.SendError{Err: bridge.ErrNoSuchPerson}
	}
	return nil
}

func (c *Conn) turn(a bridge.Addr) *sync.Mutex {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sending[a] == nil {
		c.sending[a] = new(sync.Mutex)
	}
	return c.sending[a]
}

// SetTyping implements bridge.Conn.
func (c *Conn) SetTyping(_ context.Context, chat bridge.Addr, typing bool) error {
	return c.record(Call{Method: "SetTyping", Addr: chat, On: typing})
}

// SetPresence implements bridge.Conn.
func (c *Conn) SetPresence(_ context.Context, p bridge.Presence) error {
	return c.record(Call{Method: "SetPresence", Presence: p})
}

// Watch implements bridge.Conn. The presence of all who are there is emitted.
func (c *Conn) Watch(_ context.Context, who []bridge.Addr) error {
	who = slices.Clone(who)
	if err := c.record(Call{Method: "Watch", Watched: who}); err != nil {
		return err
	}
	c.mu.Lock()
	before := c.watched
	c.watched = who
	c.mu.Unlock()
	for _, a := range who {
		if !slices.Contains(before, a) {
			c.tellPresence(a.ID)
		}
	}
	return nil
}

// tellPresence emits how present a person is, if watched and known.
func (c *Conn) tellPresence(id string) {
	a := c.n.Addr(id)
	c.telling.Lock() // what is told last is how it is
	defer c.telling.Unlock()
	c.mu.Lock()
	wanted := slices.Contains(c.watched, a)
	c.mu.Unlock()
	if who, _ := c.n.person(id); wanted {
		c.emitLater(bridge.PresenceChanged{Addr: a, Presence: who.presence, Name: who.name})
	}
}

// AddContact implements bridge.Conn: ErrNoSuchPerson if there is none.
func (c *Conn) AddContact(_ context.Context, a bridge.Addr) (bridge.Contact, error) {
	if err := c.record(Call{Method: "AddContact", Addr: a}); err != nil {
		return bridge.Contact{}, err
	}
	return c.n.contact(a)
}

// RemoveContact implements bridge.Conn.
func (c *Conn) RemoveContact(_ context.Context, a bridge.Addr) error {
	return c.record(Call{Method: "RemoveContact", Addr: a})
}

// Answer implements bridge.Conn.
func (c *Conn) Answer(_ context.Context, a bridge.Addr, accept bool) error {
	return c.record(Call{Method: "Answer", Addr: a, On: accept})
}

// Block implements bridge.Conn.
func (c *Conn) Block(_ context.Context, who []bridge.Addr) error {
	return c.record(Call{Method: "Block", Watched: slices.Clone(who)})
}

// Reach implements bridge.Conn: ErrNoSuchPerson if there is none.
func (c *Conn) Reach(_ context.Context, a bridge.Addr) error {
	if err := c.record(Call{Method: "Reach", Addr: a}); err != nil {
		return err
	}
	if _, ok := c.n.person(a.ID); !ok {
		return bridge.ErrNoSuchPerson
	}
	return nil
}

// Join implements bridge.Conn: ErrNoSuchPerson if there is no such room.
func (c *Conn) Join(_ context.Context, room bridge.Addr, key string) (bridge.Contact, error) {
	if err := c.record(Call{Method: "Join", Addr: room, Key: key}); err != nil {
		return bridge.Contact{}, err
	}
	return c.n.contact(room)
}

// Roster implements bridge.Conn: see Network.SetMembers.
func (c *Conn) Roster(ctx context.Context, room bridge.Addr, most int) error {
	if err := c.record(Call{Method: "Roster", Addr: room, Most: most}); err != nil || most == 0 {
		return err
	}
	whole := bridge.RosterChanged{Room: room, Whole: true}
	if members := c.n.membersOf(room.ID); len(members) <= most {
		whole.Joined = members
	}
	return c.emitWait(ctx, nil, []bridge.Event{whole})
}

// Invite implements bridge.Conn: ErrAlreadyThere for a member, ErrNoSuchPerson if
// there is no such person.
func (c *Conn) Invite(_ context.Context, room, who bridge.Addr) error {
	if err := c.record(Call{Method: "Invite", Addr: room, Who: who}); err != nil {
		return err
	}
	if slices.ContainsFunc(c.n.membersOf(room.ID), func(m bridge.Contact) bool { return m.Addr == who }) {
		return bridge.ErrAlreadyThere
	}
	if _, ok := c.n.person(who.ID); !ok {
		return bridge.ErrNoSuchPerson
	}
	return nil
}

// Self implements bridge.Conn: the login is called like its account.
func (c *Conn) Self() bridge.Contact {
	return bridge.Contact{Addr: c.n.Addr(c.login.Account), Name: c.login.Account}
}

// Status implements bridge.Conn: see Network.SetStatus.
func (c *Conn) Status() string {
	c.n.mu.Lock()
	defer c.n.mu.Unlock()
	return c.n.status
}

// Close implements bridge.Conn.
func (c *Conn) Close() error {
	c.n.record(Call{Account: c.login.Account, Method: "Close"})
	c.end(nil)
	<-c.done
	return nil
}

// end ends the connection with err as its error. The first call counts.
func (c *Conn) end(err error) {
	c.mu.Lock()
	if c.ctx.Err() == nil {
		c.err = err
	}
	c.cancel(bridge.ErrClosed)
	c.mu.Unlock()
}

// Done implements bridge.Conn.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err implements bridge.Conn.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
