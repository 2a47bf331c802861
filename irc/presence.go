package irc

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/ergochat/irc-go/ircutils"

	"msnbridge/bridge"
)

// notSignedIn is the text of AWAY while no client is signed in, or hides.
const notSignedIn = "not signed in"

// Keys of jobs that are no messages. They have a space, which no nick has.
const (
	awayKey   = " away"
	reachKey  = " reach"
	typingKey = " typing"
)

// awayText is what AWAY says for a presence; empty for one that is here, whatever
// their words: what the user says, else the text of the login, else the state and
// what the user listens to. A note says more than that they are away, but not that
// they are busy.
func (id *identity) awayText(p bridge.Presence, limit int) string {
	text, state := outbound(p.Note), p.State.String()
	switch {
	case !p.State.Visible():
		return notSignedIn
	case p.State == bridge.Online:
		return ""
	case text != "" && p.State != bridge.Away && p.State != bridge.Idle:
		text = state + ": " + text
	case text == "" && id.away == "" && p.Playing != "":
		text = state + ": " + outbound(p.Playing)
	case text == "":
		text = cmp.Or(id.away, state)
	}
	return ircutils.TruncateUTF8Safe(text, limit)
}

// SetPresence implements bridge.Conn: here, or AWAY with awayText.
func (c *Conn) SetPresence(_ context.Context, p bridge.Presence) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.closed(); err != nil {
		return err
	}
	c.typedAway = c.typedAway && p.State == c.present.State
	c.present, c.visible = p, p.State.Visible()
	text := c.id.awayText(p, c.support.awayLen)
	if text == c.away || c.typedAway {
		return nil
	}
	c.away = text
	var params []string
	if text != "" {
		params = []string{text}
	}
	line, err := encode(nil, "AWAY", params...)
	if err != nil {
		return err
	}
	c.out.replace(awayKey, &command{text: line})
	signal(c.work)
	return nil
}

// SetTyping implements bridge.Conn, where the network has client tags
// (https://ircv3.net/specs/client-tags/typing); elsewhere it does nothing. It is
// not worth waiting for: while other things are to be written it is dropped.
func (c *Conn) SetTyping(_ context.Context, chat bridge.Addr, typing bool) error {
	if err := c.n.isPerson(chat); err != nil && !c.n.isRoom(chat) {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.closed(); err != nil {
		return err
	}
	if c.n.isRoom(chat) && c.in(chat.ID) == nil {
		return errNotThere
	}
	if !c.caps["message-tags"] || c.support.noTyping || !c.visible || !typing && !c.typing[chat] {
		return nil
	}
	if c.out.lines() > 0 || c.out.until(time.Now(), c.out.reserve()) > 0 {
		return nil
	}
	return c.sendTyping(chat, typing)
}

func (c *Conn) sendTyping(chat bridge.Addr, typing bool) error {
	value := "done"
	delete(c.typing, chat)
	if typing {
		value = "active"
		c.typing[chat] = true
	}
	line, err := encode(map[string]string{"+typing": value}, "TAGMSG", c.target(chat))
	if err != nil {
		return err
	}
	c.out.push(typingKey, &command{text: line})
	signal(c.work)
	return nil
}

// AddContact implements bridge.Conn. A nick that nobody has now is a contact like
// any other: only what can be no nick is ErrNoSuchPerson. Who has the nick now is
// the one who is meant, whoever had it before.
func (c *Conn) AddContact(_ context.Context, addr bridge.Addr) (bridge.Contact, error) {
	if c.n.isRoom(addr) {
		return c.addRoom(addr)
	}
	if err := c.n.isPerson(addr); err != nil {
		return bridge.Contact{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.closed(); err != nil {
		return bridge.Contact{}, err
	}
	name := addr.ID
	if p := c.find(addr.ID); p != nil {
		c.trust(p)
		if p.seen {
			name = p.nick
		}
	}
	return bridge.Contact{Addr: addr, Name: name}, nil
}

// reachTime is how long Reach waits for the server.
const reachTime = 5 * time.Second

// Reach implements bridge.Conn: it asks the server whether somebody has the nick,
// or the nick to which an open query has followed its owner. A conversation that
// is opened anew while another person has the old nick is with that person.
func (c *Conn) Reach(ctx context.Context, addr bridge.Addr) error {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	if c.n.isRoom(addr) {
		return c.awaitEntry(ctx, addr)
	}
	if err := c.n.isPerson(addr); err != nil {
		return err
	}
	asked, err := c.inquire(addr)
	if err != nil {
		return err
	}
	select {
	case here, ok := <-asked.answer:
		if !ok {
			return fmt.Errorf("ask for %s: the server does not answer", addr.ID)
		}
		return c.reached(addr, here)
	case <-ctx.Done():
		return fmt.Errorf("ask for %s: %w", addr.ID, context.Cause(ctx))
	case <-c.done:
		return bridge.ErrClosed
	}
}

func (c *Conn) inquire(addr bridge.Addr) (*question, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.closed(); err != nil {
		return nil, err
	}
	asked := &question{nicks: []string{addr.ID}, answer: make(chan []string, 1)}
	if now := c.nickOf(addr); !c.sameNick(now, addr.ID) {
		asked.nicks = append(asked.nicks, now)
	}
	params := asked.nicks[0]
	if len(asked.nicks) > 1 {
		params += " " + asked.nicks[1]
	}
	line, err := encode(nil, "ISON", params)
	if err != nil {
		return nil, err
	}
	c.out.push(reachKey, &command{text: line, wrote: c.poll.ison.wrote(asked)})
	c.out.first(reachKey) // somebody waits for a window
	signal(c.work)
	return asked, nil
}

// reached reads the answer to inquire.
func (c *Conn) reached(addr bridge.Addr, here []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.find(addr.ID)
	follows := p != nil && p.now != ""
	for _, nick := range here {
		switch {
		case c.sameNick(nick, addr.ID):
			if follows {
				c.remark(p, "this conversation is with %s now, not with %s", nick, p.now)
				c.unfollow(p)
			}
			return nil
		case follows && c.sameNick(nick, p.now):
			return nil
		}
	}
	return bridge.ErrNoSuchPerson
}
