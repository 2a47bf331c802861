package client

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
)

// A Switchboard is one conversation. Its methods may be called from any
// goroutine.
type Switchboard struct {
	client *Client
	link   *link
	events chan Event
	done   chan struct{}

	mu      sync.Mutex // guards the rest
	session string
	seats   []Participant
	changed chan struct{} // closed and replaced when seats change
}

// A Participant is somebody else in a conversation.
type Participant struct {
	Handle, Name string
	Features     Features // from MSNP12
}

// Open asks for a switchboard and signs in to it; nobody else is there yet.
func (c *Client) Open(ctx context.Context) (*Switchboard, error) {
	xfr, err := c.Do(ctx, "XFR", "SB")
	if err != nil {
		return nil, err
	}
	sb, err := c.join(ctx, xfr.Word(2))
	if err != nil {
		return nil, err
	}
	if _, err := sb.Do(ctx, "USR", c.Handle(), xfr.Word(4)); err != nil {
		sb.Close()
		return nil, fmt.Errorf("switchboard: %w", err)
	}
	return sb, nil
}

// Call opens a switchboard, calls handle, and waits until they have joined.
func (c *Client) Call(ctx context.Context, handle string) (*Switchboard, error) {
	sb, err := c.Open(ctx)
	if err != nil {
		return nil, err
	}
	if err = sb.Invite(ctx, handle); err == nil {
		err = sb.WaitFor(ctx, handle)
	}
	if err != nil {
		sb.Close()
		return nil, fmt.Errorf("call %s: %w", handle, err)
	}
	return sb, nil
}

// Answer accepts a call.
func (c *Client) Answer(ctx context.Context, r Ring) (*Switchboard, error) {
	sb, err := c.join(ctx, r.Address)
	if err != nil {
		return nil, err
	}
	sb.session = r.Session
	if _, err := sb.link.ask(ctx, "ANS", sb.roll, []string{c.Handle(), r.Cookie, r.Session}, nil); err != nil {
		sb.Close()
		return nil, fmt.Errorf("answer %s: %w", r.Handle, err)
	}
	return sb, nil
}

// join connects to a switchboard.
func (c *Client) join(ctx context.Context, addr string) (*Switchboard, error) {
	conn, err := c.options.Hosts.dial(ctx, withPort(addr, "1863"))
	if err != nil {
		return nil, fmt.Errorf("switchboard: %w", err)
	}
	sb := &Switchboard{client: c, events: make(chan Event, QueueLen), done: make(chan struct{}), changed: make(chan struct{})}
	sb.link = newLink(conn, 0, c.options.Trace, sb.handleReply)
	if err := c.keep(sb, conn); err != nil {
		return nil, err
	}
	go sb.run()
	return sb, nil
}

// keep notes a switchboard that Close has to close.
func (c *Client) keep(sb *Switchboard, conn net.Conn) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		conn.Close()
		return fmt.Errorf("switchboard: %w", ErrClosed)
	}
	c.switchboards[sb] = struct{}{}
	return nil
}

func (sb *Switchboard) run() {
	defer close(sb.done)
	sb.link.read()
	close(sb.events)
	sb.client.mu.Lock()
	defer sb.client.mu.Unlock()
	delete(sb.client.switchboards, sb)
}

// Events are what happens in the conversation, at most QueueLen unread. The
// channel is closed when the connection has ended.
func (sb *Switchboard) Events() <-chan Event { return sb.events }

// Done is closed when the connection and its goroutines have ended.
func (sb *Switchboard) Done() <-chan struct{} { return sb.done }

// Close leaves the conversation and waits for its goroutine.
func (sb *Switchboard) Close() error {
	sb.link.leave()
	<-sb.done
	return nil
}

// Session is the ID of the session; empty before the first Invite.
func (sb *Switchboard) Session() string {
	sb.mu.Lock()
	defer sb.mu.Unlock()
	return sb.session
}

// Do is Client.Do for this connection.
func (sb *Switchboard) Do(ctx context.Context, verb string, words ...string) (Reply, error) {
	return sb.link.ask(ctx, verb, only(verb, "ACK", "NAK"), words, nil)
}

// Write sends bytes as they are.
func (sb *Switchboard) Write(b []byte) error { return sb.link.write(b) }

// Invite calls somebody into the conversation, and returns when it rings there.
func (sb *Switchboard) Invite(ctx context.Context, handle string) error {
	r, err := sb.Do(ctx, "CAL", handle)
	if err != nil {
		return err
	}
	sb.mu.Lock()
	defer sb.mu.Unlock()
	sb.session = r.Word(2)
	return nil
}

// Participants are the others who are in the conversation now.
func (sb *Switchboard) Participants() []Participant {
	sb.mu.Lock()
	defer sb.mu.Unlock()
	return slices.Clone(sb.seats)
}

// WaitFor waits until handle is in the conversation.
func (sb *Switchboard) WaitFor(ctx context.Context, handle string) error {
	for {
		here, changed := sb.look(handle)
		if here {
			return nil
		}
		select {
		case <-changed:
		case <-sb.done:
			return sb.link.why()
		case <-ctx.Done():
			return fmt.Errorf("wait for %s to join: %w", handle, ctx.Err())
		}
	}
}

// look tells whether handle is there, and what is closed when that may change.
func (sb *Switchboard) look(handle string) (here bool, changed <-chan struct{}) {
	sb.mu.Lock()
	defer sb.mu.Unlock()
	return sb.index(handle) >= 0, sb.changed
}
