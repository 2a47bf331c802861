package irc

import (
	"context"
	"strings"

	"github.com/ergochat/irc-go/ircmsg"
	"github.com/ergochat/irc-go/ircutils"

	"msnbridge/bridge"
)

// slashNick takes another nick, which is the wanted one from now on, until the user
// says otherwise or the login ends.
func slashNick(c *Conn, ctx context.Context, t typed) error {
	nick, err := checkNick(t.word())
	if err != nil {
		return bridge.Declined("%v", err)
	}
	c.mu.Lock()
	limit := c.support.nickLen
	c.mu.Unlock()
	if len(nick) > limit {
		return bridge.Declined("%q is longer than the %d bytes that this network allows", nick, limit)
	}
	e, err := c.errand("NICK", nick)
	if err != nil {
		return bridge.Declined("%v", err)
	}
	before := c.want(nick)
	if err := c.runErrand(ctx, e); err != nil {
		c.want(before)
		return err
	}
	return c.keepNick(ctx, nick)
}

// want makes a nick the one that is wanted, and returns the one before. It is
// changed before the server answers: its NICK must not look like a loss.
func (c *Conn) want(nick string) (before string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before = c.id.nick
	if p := c.find(before); p != nil && p.regain {
		p.regain = false
		c.unmonitor(p)
	}
	c.id.nick, c.self.forced = nick, 0
	return before
}

// slashAway is away with a text until the account's state changes.
func slashAway(c *Conn, ctx context.Context, t typed) error {
	c.mu.Lock()
	text := ircutils.TruncateUTF8Safe(t.text, c.support.awayLen)
	c.typedAway = text != ""
	if text == "" {
		text = c.id.awayText(c.present, c.support.awayLen)
	}
	c.away = text
	c.mu.Unlock()
	return c.sayAway(ctx, t, text)
}

func slashBack(c *Conn, ctx context.Context, t typed) error {
	t.text = ""
	return slashAway(c, ctx, t)
}

func (c *Conn) sayAway(ctx context.Context, t typed, text string) error {
	var params []string
	if text != "" {
		params = []string{text}
	}
	e, err := c.errand("AWAY", params...)
	if err != nil {
		return bridge.Declined("%v", err)
	}
	if err := c.runErrand(ctx, e); err != nil {
		return err
	}
	if text == "" {
		return c.show(t, "you are not away")
	}
	return c.show(t, "you are away: "+text)
}

func slashWhois(c *Conn, ctx context.Context, t typed) error { return c.askWho(ctx, t, "WHOIS") }

func slashWhowas(c *Conn, ctx context.Context, t typed) error { return c.askWho(ctx, t, "WHOWAS") }

func (c *Conn) askWho(ctx context.Context, t typed, command string) error {
	nick, err := t.nick(c)
	if err != nil {
		return err
	}
	e, err := c.errand(command, nick)
	if err != nil {
		return bridge.Declined("%v", err)
	}
	var words []string
	e.any = func(m *ircmsg.Message) {
		if text := whoWords(m); text != "" && len(words) < 10*bridge.MostAnswer {
			words = append(words, text)
		}
	}
	if err := c.runErrand(ctx, e); err != nil {
		return err
	}
	if len(words) == 0 {
		return bridge.Declined("the server says nothing about %s", nick)
	}
	return c.show(t, bridge.FillLines(words, "; ")...)
}

// slashTrust takes whoever has the nick now for the contact.
func slashTrust(c *Conn, _ context.Context, t typed) error {
	if isChannel(t.chat.ID) {
		return bridge.Declined("/trust belongs to a conversation with one person")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.find(t.chat.ID)
	if p == nil || !c.trust(p) {
		return bridge.Declined("there is nothing to be decided about %s", strings.TrimSpace(t.chat.ID))
	}
	return nil
}
