package irc

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ergochat/irc-go/ircmsg"
	"github.com/ergochat/irc-go/ircutils"

	"msnbridge/bridge"
)

func slashJoin(c *Conn, ctx context.Context, t typed) error {
	name, key := t.word(), t.word()
	if !isChannel(name) && isChannel("#"+name) {
		name = "#" + name
	}
	if !isChannel(name) {
		return bridge.Declined("%q can be no channel; usage: %s", name, t.usage)
	}
	room := c.n.addr(name)
	if err := c.join(ctx, room, key); err != nil {
		return outcome(err)
	}
	c.mu.Lock()
	c.tell(bridge.ContactFound{Contact: bridge.Contact{Addr: room, Name: name}, Chosen: true})
	c.mu.Unlock()
	return c.show(t, "you are in "+name)
}

// slashPart leaves a channel, and has it taken off the user's list: it would be
// entered again otherwise.
func slashPart(c *Conn, ctx context.Context, t typed) error {
	room := c.n.addr(t.channel)
	c.mu.Lock()
	ch := c.in(t.channel)
	if ch != nil {
		ch.farewell = ircutils.TruncateUTF8Safe(t.text, c.support.kickLen)
		c.tell(bridge.RoomLeft{Room: room})
	}
	c.mu.Unlock()
	if ch == nil {
		return bridge.Declined("%v", errNotThere)
	}
	if err := c.RemoveContact(ctx, room); err != nil {
		return outcome(err)
	}
	return outcome(c.awaitChannels(ctx, func() (bool, error) { return c.in(t.channel) == nil, nil }))
}

func slashInvite(c *Conn, ctx context.Context, t typed) error {
	nick, err := t.nick(c)
	if err != nil {
		return err
	}
	if word := t.word(); word != "" {
		t.channel = word
	}
	if !isChannel(t.channel) {
		return bridge.Declined("into which channel? usage: %s", t.usage)
	}
	if err := c.Invite(ctx, c.n.addr(t.channel), c.n.addr(nick)); err != nil {
		return outcome(err)
	}
	return c.show(t, nick+" is invited to "+t.channel)
}

// outcome is the failure of a command, of what a method of the Conn has returned.
func outcome(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bridge.ErrClosed), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &bridge.SendError{Unknown: true, Err: err}
	}
	return &bridge.SendError{Reason: err.Error(), Err: err}
}

// slashTopic shows or changes a topic; a hyphen alone removes it.
func slashTopic(c *Conn, ctx context.Context, t typed) error {
	params := []string{t.channel}
	if t.text == "-" {
		params = append(params, "")
	} else if t.text != "" {
		params = append(params, t.text)
	}
	c.mu.Lock()
	limit := c.support.topicLen
	c.mu.Unlock()
	if len(t.text) > limit {
		return bridge.Declined("a topic has at most %d bytes here, this has %d", limit, len(t.text))
	}
	e, err := c.errand("TOPIC", params...)
	if err != nil {
		return bridge.Declined("%v", err)
	}
	shown := ""
	e.hears["331"] = func(*ircmsg.Message) { shown = t.channel + " has no topic" }
	e.hears["332"] = func(m *ircmsg.Message) { shown = "Topic: " + last(m) }
	e.hears["333"] = func(m *ircmsg.Message) { shown += setBy(m) }
	if err := c.runErrand(ctx, e); err != nil || t.text != "" || shown == "" {
		return err
	}
	return c.show(t, shown)
}

// setBy reads numeric 333: me, the channel, who.
func setBy(m *ircmsg.Message) string {
	if len(m.Params) < 3 {
		return ""
	}
	nick, _, _ := strings.Cut(plain(m.Params[2]), "!")
	return " (set by " + strings.TrimSpace(nick) + ")"
}

// slashNames lists who is in a channel (353: me, kind, channel, nicks with what
// they are in front).
func slashNames(c *Conn, ctx context.Context, t typed) error {
	e, err := c.errand("NAMES", t.channel)
	if err != nil {
		return bridge.Declined("%v", err)
	}
	var nicks []string
	count := 0
	e.hears["353"] = func(m *ircmsg.Message) {
		for nick := range strings.FieldsSeq(last(m)) {
			nick, _, _ = strings.Cut(nick, "!")
			if count++; len(nicks) < 1000 {
				nicks = append(nicks, nick)
			}
		}
	}
	if err := c.runErrand(ctx, e); err != nil {
		return err
	}
	if count == 0 {
		return bridge.Declined("the server names nobody in %s", t.channel)
	}
	return c.show(t, append([]string{fmt.Sprintf("%d in %s:", count, t.channel)}, bridge.FillLines(nicks, " ")...)...)
}

func slashKick(c *Conn, ctx context.Context, t typed) error {
	nick, err := t.nick(c)
	if err != nil {
		return err
	}
	params := []string{t.channel, nick}
	if t.text != "" {
		c.mu.Lock()
		params = append(params, ircutils.TruncateUTF8Safe(t.text, c.support.kickLen))
		c.mu.Unlock()
	}
	return c.order(ctx, "KICK", params...)
}

// order runs an errand that has no answer but success or refusal.
func (c *Conn) order(ctx context.Context, command string, params ...string) error {
	e, err := c.errand(command, params...)
	if err != nil {
		return bridge.Declined("%v", err)
	}
	return c.runErrand(ctx, e)
}
