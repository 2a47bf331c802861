package chat

import (
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"msnbridge/msn/client"
	"msnbridge/msn/p2p"
)

// A window is a conversation. What is written goes to the current one.
type window struct {
	with atomic.Pointer[string] // the handle that it was opened with, or of the room it has become
	sb   *client.Switchboard

	parts p2p.Assembler // of the goroutine that shows the window
}

// handle is whom or what the conversation is with.
func (w *window) handle() string { return *w.with.Load() }

// open makes a window of a switchboard, in place of an earlier one with the same
// person. It becomes the current one if there is none.
func (c *Chat) open(handle string, sb *client.Switchboard) *window {
	w := &window{sb: sb}
	w.with.Store(&handle)
	c.mu.Lock()
	old, current := c.find(handle), c.current
	c.forget(old)
	c.windows = append(c.windows, w)
	if c.current == nil || old != nil && current == old {
		c.current = w
	}
	c.mu.Unlock()
	if old != nil {
		old.sb.Close()
	}
	c.wg.Go(func() { c.showWindow(w) })
	return w
}

// abroad tells whether the current conversation is with somebody whose handle does
// not end like the user's own: with another network.
func (c *Chat) abroad() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current != nil && !strings.EqualFold(domain(c.current.handle()), domain(c.client.Handle()))
}

func domain(handle string) string { return handle[strings.LastIndexByte(handle, '@')+1:] }

// find is the window with handle, or nil. It is called with mu held.
func (c *Chat) find(handle string) *window {
	i := slices.IndexFunc(c.windows, func(w *window) bool { return strings.EqualFold(w.handle(), handle) })
	if i < 0 {
		return nil
	}
	return c.windows[i]
}

// forget takes a window away. It is called with mu held.
func (c *Chat) forget(w *window) {
	c.windows = slices.DeleteFunc(c.windows, func(other *window) bool { return other == w })
	if c.current == w {
		c.current = nil
	}
}

// showWindow shows what happens in a conversation until it ends.
func (c *Chat) showWindow(w *window) {
	for ev := range w.sb.Events() {
		c.showIn(w, ev)
	}
	c.mu.Lock()
	open := slices.Contains(c.windows, w)
	c.mu.Unlock()
	if open {
		c.say("* the conversation with %s has ended; what you write there begins another", w.handle())
	}
}

func (c *Chat) showIn(w *window, ev client.Event) {
	where := c.where(w)
	switch ev := ev.(type) {
	case client.Message:
		c.showMessage(w, where, ev)
	case client.Typing:
		c.say("* %s%s is writing", where, ev.Handle)
	case client.Joined:
		c.say("* %s%s has joined", where, title(ev.Handle, ev.Name))
		c.becomes(w, ev.Handle)
	case client.Left:
		c.say("* %s%s has left", where, ev.Handle)
	case client.NotDelivered:
		c.say("! %sa message has not been delivered", where)
	case client.Other:
		c.say("? %s%s %s", where, ev.Reply.Verb, strings.Join(ev.Reply.Words, " "))
	}
}

// becomes notes that a conversation with a person goes on in a room: the person may
// then open another.
func (c *Chat) becomes(w *window, handle string) {
	if !room.MatchString(handle) || room.MatchString(w.handle()) {
		return
	}
	c.mu.Lock()
	w.with.Store(&handle)
	c.mu.Unlock()
	c.say("* the conversation goes on in %s", handle)
}

// room matches the handles of rooms.
var room = regexp.MustCompile(`(?i)^(#|~23|r[a-z2-7]{26}@x\.)`)

func (c *Chat) showMessage(w *window, where string, m client.Message) {
	switch {
	case m.IsNudge:
		c.say("* %s%s nudges you", where, m.From)
		return
	case m.Type == invitation:
		c.decline(w, where, m)
		return
	case m.Type == p2pType:
		c.hearPeer(w, where, m)
		return
	case silent[m.Type]:
		return
	case !m.IsText:
		c.say("? %smessage from %s that is no text (%s), %d bytes", where, m.From, m.Type, len(m.Raw))
		return
	}
	for line := range strings.SplitSeq(m.Text, "\n") {
		c.say("%s<%s> %s", where, m.From, line)
	}
}

// silent are the types of messages that clients send by themselves, and that say
// nothing to people.
var silent = map[string]bool{
	"text/x-clientcaps": true, "text/x-keepalive": true,
	"text/x-mms-emoticon": true, "text/x-mms-animemoticon": true, // pictures for the next text
}

// where names a window that is not the current one.
func (c *Chat) where(w *window) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current == w {
		return ""
	}
	return "[" + w.handle() + "] "
}
