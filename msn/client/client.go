package client

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Options say whom to sign in where.
type Options struct {
	Server   string // host:port of the dispatch or notification server; port 1863 if none is named
	Handle   string
	Password string

	// Dialects are offered in this order. nil offers CVR0 and all that can be signed
	// in with, newest first: those of PassportDialects only if there is a Passport.
	Dialects []string

	// Passport is where tickets are got (MSNP8 to 12).
	Passport Passport

	// Hosts lead connections of any kind elsewhere; nil for none.
	Hosts Hosts

	// Features and Picture are what CHG says beside the state: what the user's client
	// can do, from MSNP8 on (0: TextOnly), and an MSNObject, from MSNP9 on (empty:
	// none).
	Features Features
	Picture  string

	// Answer answers every call by itself: events are Called instead of Ring.
	Answer bool

	// Trace is shown every command, without payloads and secrets; nil for nobody.
	// It is called from several goroutines.
	Trace func(line string)
}

// A Client is signed in to a notification server. Its methods may be called from
// any goroutine.
type Client struct {
	options Options
	link    *link
	dialect atomic.Pointer[dialect] // nil until VER is answered
	book    book

	signedIn chan struct{} // closed when the handle is known

	// Of the reader alone.
	seen   map[string]Presence // who is present, by handle in lower case
	listed string              // who was listed last in SYN

	events chan Event
	life   context.Context // ends with the connection
	end    context.CancelFunc
	done   chan struct{} // closed when all goroutines of the connection have ended

	answering sync.WaitGroup // goroutines that answer calls

	mu           sync.Mutex // guards the rest, and options.Picture
	handle       string
	name         string
	pause        time.Duration // as the last QNG said
	state        State         // as the user has set it; empty: not yet
	note         string
	media        Media
	switchboards map[*Switchboard]struct{}
	closed       bool
}

// Dialect is the one in force.
func (c *Client) Dialect() string { return c.row().name }

func (c *Client) row() *dialect { return c.dialect.Load() }

// Handle is the user's, as the server writes it.
func (c *Client) Handle() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.handle
}

// Name is the user's friendly name. From MSNP10 on it is empty until Sync has
// brought it.
func (c *Client) Name() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.name
}

func (c *Client) setName(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.name = name
}

// Events are what the server says by itself, at most QueueLen unread. The channel
// is closed when the connection has ended; Err then says why.
func (c *Client) Events() <-chan Event { return c.events }

// Err is why the connection has ended; ErrClosed also after Close.
func (c *Client) Err() error { return c.link.why() }

// Done is closed when the connection and its goroutines have ended.
func (c *Client) Done() <-chan struct{} { return c.done }

// Close signs out, leaves all switchboards, and waits for all goroutines.
func (c *Client) Close() error {
	c.link.leave()
	<-c.done
	for _, sb := range c.leaveAll() {
		sb.Close()
	}
	return nil
}

// leaveAll returns the open switchboards, and lets no more be opened.
func (c *Client) leaveAll() []*Switchboard {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	open := make([]*Switchboard, 0, len(c.switchboards))
	for sb := range c.switchboards {
		open = append(open, sb)
	}
	return open
}

// run reads the connection to its end.
func (c *Client) run() {
	defer close(c.done)
	c.link.read()
	c.end()
	c.answering.Wait()
	close(c.events)
}

func (c *Client) emit(ev Event) {
	select {
	case c.events <- ev:
	default:
		c.link.fail(ErrOverflow)
	}
}

// Do sends a command and returns the answer: the line with its transaction ID
// and its verb, or XFR, ACK or NAK. Words are sent as they are. An error number is an
// *ErrorReply.
func (c *Client) Do(ctx context.Context, verb string, words ...string) (Reply, error) {
	return c.link.ask(ctx, verb, only(verb, "XFR", "ACK", "NAK"), words, nil)
}

// DoPayload is Do with a payload.
func (c *Client) DoPayload(ctx context.Context, payload []byte, verb string, words ...string) (Reply, error) {
	return c.link.ask(ctx, verb, only(verb, "ACK", "NAK"), words, payload)
}

// Write sends bytes as they are.
func (c *Client) Write(b []byte) error { return c.link.write(b) }
