package matrix

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"msnbridge/bridge"
)

// A Conn is a login's connection to its homeserver: a sync loop (run), a clock for what changes by
// itself, and a few short-lived goroutines, all of which have ended when done is closed.
type Conn struct {
	net   *Network
	login bridge.Login
	emit  bridge.Emit
	log   *slog.Logger
	api   *api
	times Times
	me    string // our user ID
	busy  bool   // the homeserver knows the presence "busy"

	feed   feed
	ghosts *ghosts // of a ghost; else nil

	cipher   cipher // nil: there is no encryption
	noCipher string // why

	current bool // the cipher has heard the first news; of the sync loop alone
	retried bool // the account has not taken the events of the last digest; of the sync loop alone

	ctx     context.Context // ends with the sync loop
	cancel  context.CancelCauseFunc
	closing context.Context // ends with Close; Send goes on until then
	close   context.CancelFunc
	done    chan struct{}
	helpers sync.WaitGroup

	emitting chan struct{}     // holds a token while emit runs
	putting  chan struct{}     // holds a token while our presence is put
	shown    map[string]string // what was put last, if that is known; for the holder of putting
	kick     chan struct{}     // wakes the clock
	read     chan struct{}     // wakes the sync loop; see hasRead
	polling  chan polled       // what is asked of the feed; nil: nothing; of the sync loop alone
	reading  chan struct{}     // holds a token for each request that reads a room back
	making   keyed             // of those with whom a direct chat is being made

	odd atomic.Int64 // events that made no sense

	mu        sync.Mutex // guards the fields below
	ended     bool       // no more helpers
	err       error
	rooms     *model
	people    *people
	standings *standings
	ignoring  ignoring
	rosters   map[string]*roster // of the rooms that a window shows
	upgrades  upgrades
	gaps      map[string]*gap           // by room; added and read by the sync loop alone
	told      map[string]bridge.Contact // by user or room: what the account was told
	invites   map[string]invite         // pending, by room
	gone      map[string]bool           // users whose invitations do not stand any more, still to be told
	marking   map[string]mark           // rooms that m.direct should name, by room
	typed     map[string]bool           // rooms that were told that we type
	typists   map[typistKey]typist      // who types
	creating  int                       // direct chats that are being made
	unlooked  bool                      // rooms were not told of because of that
	going     map[string]string         // by person: the direct chat in which one talks just now
	secret    map[string]bool           // rooms that are kept as encrypted
	kept      []string                  // state keys of encrypted events, oldest first
	learned   chan struct{}             // closed when /sync has told of something
	sessions  map[string]string         // by state key: which key the event waits for, as far as that is known
	doubted   map[string]bool           // people of whom it was said that their session is not verified
	wake      context.CancelFunc        // ends the /sync under way; nil if there is none
	sayings   sayings                   // what was said lately
	folds     map[foldKey]*fold         // reactions that are still to be told
	clearings map[removal]*clearing     // redactions that are still to be counted
	readings  map[string]*reading       // until where rooms were shown
	warned    map[string]bool           // of a ghost: encrypted rooms in which it says that it cannot read, or has
}

var _ bridge.Conn = (*Conn)(nil)

// run is the sync loop's goroutine, and the last to end.
func (c *Conn) run(first *batch) {
	defer close(c.done)
	err := c.follow(first)
	c.end(err)
	if n := c.odd.Load(); n > 0 {
		c.log.Info("matrix events passed over", slog.Int64("count", n))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing.Err() == nil {
		c.err = err
	}
}

// end stops all helpers and waits for them.
func (c *Conn) end(err error) {
	c.cancel(err)
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.helpers.Wait()
	if c.cipher != nil {
		c.cipher.close()
	}
	c.api.hangUp()
	c.feed.end()
}

// spawn runs f in a goroutine that Done waits for, unless the connection has ended.
func (c *Conn) spawn(f func(ctx context.Context)) { c.spawned(f) }

// spawned is spawn, and tells whether f will run.
func (c *Conn) spawned(f func(ctx context.Context)) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.helpers.Go(func() { f(c.ctx) })
	}
	return !c.ended
}

// Close ends the connection and waits for its goroutines.
func (c *Conn) Close() error {
	c.close()
	c.cancel(bridge.ErrClosed)
	<-c.done
	return nil
}

// Done is closed when the connection and all its goroutines have ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err says why the connection has ended; nil after Close.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Status says that presence is inferred, where it is, and that there is no encryption.
func (c *Conn) Status() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var remarks []string
	if c.people.missing {
		remarks = append(remarks, "presence is inferred: the homeserver has none")
	}
	if c.cipher == nil {
		remarks = append(remarks, c.noCipher)
	}
	return strings.Join(remarks, "; ")
}

// tell tells the owner something.
func (c *Conn) tell(text string) {
	if c.login.Say != nil {
		c.login.Say(text)
	}
}

// during is ctx, ended also by Close.
func (c *Conn) during(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.closing, func() { cancel(bridge.ErrClosed) })
	return ctx, func() {
		stop()
		cancel(nil)
		if c.ctx.Err() != nil {
			c.api.hangUp()
		}
	}
}

// alive is an error once the connection has ended.
func (c *Conn) alive() error {
	if c.ctx.Err() != nil {
		return bridge.ErrClosed
	}
	return nil
}

// passOver counts something that made no sense.
func (c *Conn) passOver(what, where string) {
	c.odd.Add(1)
	c.log.Debug("matrix event passed over", slog.String("what", what), slog.String("where", cut(where, maxID)))
}

// Self is who we are, by the name that we go by.
func (c *Conn) Self() bridge.Contact {
	c.mu.Lock()
	defer c.mu.Unlock()
	local, _, _ := splitUserID(c.me)
	return bridge.Contact{Addr: addr(c.me), Name: orSo(c.rooms.name, local)}
}
