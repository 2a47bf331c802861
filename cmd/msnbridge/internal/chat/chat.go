// Package chat is a line-mode MSN client: what "msnbridge chat" does once it
// knows whom to sign in where. Lines that come in are commands or text, what
// happens is written out, one line each. It shows text only.
package chat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"msnbridge/msn/client"
)

// answerTime is how long the server, or the other side, has to answer.
const answerTime = 30 * time.Second

// A Chat is one sign-in and its conversations.
type Chat struct {
	client  *client.Client
	server  string
	out     io.Writer
	trace   atomic.Bool
	leaving atomic.Bool    // nothing is shown of how the session ends
	wg      sync.WaitGroup // goroutines that show events

	writing sync.Mutex // held to write one line

	mu       sync.Mutex // guards the rest
	contacts map[string]*contact
	windows  []*window
	current  *window // nil: none
}

// SignIn connects, fetches the lists and goes online. Everything that happens is
// written to out from now on.
func SignIn(ctx context.Context, o client.Options, trace bool, out io.Writer) (*Chat, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	c := &Chat{out: out, server: o.Server, contacts: map[string]*contact{}}
	c.trace.Store(trace)
	o.Answer = true
	o.Trace = func(line string) {
		if c.trace.Load() {
			c.say("%s", line)
		}
	}
	var err error
	if c.client, err = client.Dial(ctx, o); err != nil {
		return nil, err
	}
	if err := c.start(ctx); err != nil {
		c.client.Close()
		c.wg.Wait()
		return nil, err
	}
	return c, nil
}

// start is what follows the sign-in.
func (c *Chat) start(ctx context.Context) error {
	roster, err := c.client.Sync(ctx, 0)
	if err != nil {
		return err
	}
	c.say("* signed in at %s as %s (%s), %s", c.server, c.client.Handle(), c.client.Name(), c.client.Dialect())
	c.take(roster)
	for _, p := range c.known() {
		if p.waits() {
			c.sayAdded(p)
		}
	}
	c.wg.Go(c.showEvents)
	c.wg.Go(c.keepAlive)
	if err := c.client.SetState(ctx, client.Online); err != nil {
		return err
	}
	c.say("* %d contacts; /who lists them, /help the commands", len(roster.Lists[client.Forward]))
	return nil
}

// Run carries out lines until they end, "/quit" is one, the server ends the
// session, or ctx ends. Then it signs out and waits for all goroutines.
func (c *Chat) Run(ctx context.Context, lines <-chan string) error {
	err := c.carryOut(ctx, lines)
	c.leaving.Store(true)
	c.client.Close()
	c.wg.Wait()
	return err
}

func (c *Chat) carryOut(ctx context.Context, lines <-chan string) error {
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				return nil
			}
			err := c.line(ctx, line)
			if errors.Is(err, errQuit) {
				return nil
			}
			if err != nil {
				c.say("! %s", err)
			}
		case <-c.client.Done():
			return fmt.Errorf("the session has ended: %w", c.client.Err())
		case <-ctx.Done():
			return nil
		}
	}
}

// say writes one line, with nothing in it that could do something to a terminal.
func (c *Chat) say(format string, args ...any) {
	if c.leaving.Load() {
		return
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	io.WriteString(c.out, printable(fmt.Sprintf(format, args...))+"\n") // nobody is left to be told of an error
}
