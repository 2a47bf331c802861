package irc

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/ergochat/irc-go/ircmsg"
	"github.com/ergochat/irc-go/ircreader"

	"msnbridge/bridge"
)

// Bounds in time.
const (
	registerTime = 30 * time.Second // from the dialling to numeric 001
	quietTime    = 90 * time.Second // without a line from the server, it is asked for a sign of life
	answerTime   = 45 * time.Second // that it then has
	writeTime    = 30 * time.Second // that it has to take what is written
	quitTime     = 2 * time.Second  // that it has to close after QUIT
	drainTime    = 5 * time.Second  // that the account has to take the last events
)

// maxLine is the longest line that is read: tags as they may be, and a text that
// is longer than it should be.
const (
	maxTags = 8191
	maxLine = maxTags + 4096
)

// A Conn is one login's connection to an IRC network.
type Conn struct {
	n     *Network
	id    identity
	login bridge.Login
	emit  bridge.Emit
	log   *slog.Logger

	wire net.Conn
	read *ircreader.Reader // the registration's, then the reader's

	ctx    context.Context // ends when the connection is to end
	cancel context.CancelFunc
	work   chan struct{} // has room for one: the writer has something to do
	news   chan struct{} // has room for one: there are events
	room   chan struct{} // has room for one: events have been handed over
	done   chan struct{}

	lost bool // events could not be handed over; of the goroutine that does that

	mu      sync.Mutex // guards the fields below
	over    bool       // the connection has ended, or is to end
	closing bool       // Close was called
	err     error      // why it ended
	fatal   error      // what a handler found that ends it
	pending []bridge.Event
	chores  []func(context.Context) // see afterwards
	taken   int                     // events that were taken off pending, ever
	handed  int                     // and handed over
	handing bell

	self self
	caps map[string]bool // negotiated

	asking    map[string]bool // capabilities asked for after registration and not answered
	multiline multiline       // what draft/multiline allows
	support   isupport
	away      string // the text of our AWAY; empty: we are here
	typedAway bool   // it was typed (/away), and stays until the state changes
	typing    map[bridge.Addr]bool
	present   bridge.Presence // of the account
	visible   bool            // whether the account is shown as present

	history history

	out    outbox
	answer answers

	batches  batches
	lineSize int               // bytes of the line that is being handled
	again    []*ircmsg.Message // made of a batch that it has closed, to be handled next

	people   people
	channels channels
	poll     poll
	ctcp     ctcp

	errands  errands
	accounts accounts
	services services

	ignored map[string]int // lines that were passed over, by reason
}

var _ bridge.Conn = (*Conn)(nil)

func newConn(n *Network, id identity, login bridge.Login, emit bridge.Emit, wire net.Conn) *Conn {
	c := &Conn{
		n: n, id: id, login: login, emit: emit, wire: wire, log: login.Log,
		work: make(chan struct{}, 1), news: make(chan struct{}, 1), room: make(chan struct{}, 1),
		done: make(chan struct{}),
		caps: map[string]bool{}, asking: map[string]bool{}, support: newISupport(), self: self{nick: id.nick},
		typing: map[bridge.Addr]bool{}, present: login.Initial, visible: login.Initial.State.Visible(),
		out: newOutbox(n.config.Burst, n.config.Interval), answer: newAnswers(), batches: newBatches(), history: newHistory(),
		people: newPeople(), channels: newChannels(), ctcp: newCTCP(), ignored: map[string]int{},
	}
	if c.log == nil {
		c.log = n.config.Log
	}
	c.read = new(ircreader.Reader)
	c.read.Initialize(wire, 512, maxLine)
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// start starts the three goroutines.
func (c *Conn) start() {
	c.mu.Lock()
	c.poll.settleAt = time.Now().Add(settleTime)
	c.mu.Unlock()
	go c.run()
}

// run is the goroutine that hands events over, and waits for the other two.
func (c *Conn) run() {
	defer close(c.done)
	var others sync.WaitGroup
	others.Go(c.readLoop)
	others.Go(c.writeLoop)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer context.AfterFunc(c.ctx, func() { time.AfterFunc(drainTime, cancel) })()
	c.emitLoop(ctx)
	others.Wait()
	c.loseAll()
	c.emitRest(ctx)
	c.keepLast(ctx)
	c.report()
}

// fail ends the connection. The first call counts; after Close it is no error.
func (c *Conn) fail(err error) {
	c.mu.Lock()
	if !c.over && !c.closing {
		c.err = err
	}
	c.over = true
	c.mu.Unlock()
	c.cancel()
	c.wire.Close()
}

// Close implements bridge.Conn. It says QUIT and returns when all goroutines
// have ended, which takes quitTime and drainTime at most.
func (c *Conn) Close() error {
	c.mu.Lock()
	if !c.closing && !c.over {
		c.closing = true
		c.out.urgently("QUIT", c.n.config.QuitMessage)
	}
	c.mu.Unlock()
	signal(c.work)
	timer := time.NewTimer(quitTime)
	defer timer.Stop()
	select {
	case <-c.done:
	case <-timer.C:
		c.fail(nil)
		<-c.done
	}
	return nil
}

// Done implements bridge.Conn.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err implements bridge.Conn.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// closed is the error of a method that is called too late; nil while it is not.
// The lock must be held.
func (c *Conn) closed() error {
	if c.over || c.closing {
		return bridge.ErrClosed
	}
	return nil
}

// report logs what was passed over.
func (c *Conn) report() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for reason, n := range c.ignored {
		c.log.Debug("irc lines passed over", "reason", reason, "count", n)
	}
	c.log.Debug("irc connection ended", "err", c.err)
}

// signal wakes whoever waits on ch, or will.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// Block implements bridge.Conn. The bridge drops what blocked people say.
func (c *Conn) Block(context.Context, []bridge.Addr) error { return errors.ErrUnsupported }

// MarkRead implements bridge.Conn: nobody on IRC is told.
func (c *Conn) MarkRead(context.Context, bridge.Message) error { return errors.ErrUnsupported }

// Gather implements bridge.Conn: a channel is everybody's, so none is made up.
func (c *Conn) Gather(context.Context, []bridge.Addr) (bridge.Contact, error) {
	return bridge.Contact{}, errors.ErrUnsupported
}

// Open implements bridge.Conn: messages of IRC bring no files.
func (c *Conn) Open(context.Context, string) (*bridge.Download, error) {
	return nil, errors.ErrUnsupported
}

// Command implements bridge.Conn: there is none.
func (c *Conn) Command(context.Context, []string) (string, error) {
	return "", errors.ErrUnsupported
}

// Leave implements bridge.Conn: RemoveContact does it.
func (c *Conn) Leave(ctx context.Context, room bridge.Addr) error { return c.RemoveContact(ctx, room) }

// Self implements bridge.Conn.
func (c *Conn) Self() bridge.Contact {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bridge.Contact{Addr: c.n.addr(c.self.nick), Name: c.self.nick}
}
