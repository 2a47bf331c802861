package irc

import (
	"slices"
	"strings"

	"github.com/ergochat/irc-go/ircmsg"
)

// isonReply is numeric 303: the nicks that are there, separated by spaces.
func isonReply(c *Conn, m *ircmsg.Message) {
	asked := c.poll.ison.answered()
	if asked == nil {
		c.pass("unasked")
		return
	}
	here := strings.Fields(strings.Join(m.Params[1:], " "))
	for _, nick := range asked.nicks {
		c.isonSays(nick, here)
	}
	if asked.answer != nil {
		asked.answer <- here
	}
	signal(c.work)
}

// isonSays applies an answer to one of those who were asked for.
func (c *Conn) isonSays(nick string, here []string) {
	p := c.find(nick)
	if p == nil {
		return
	}
	i := slices.IndexFunc(here, func(h string) bool { return c.sameNick(h, nick) })
	if i >= 0 && isNick(here[i]) {
		c.arrived(here[i], "", c.followed(nick))
	} else if i < 0 {
		p.taken = false
		c.setState(p, offline, "")
	}
}

// userhostReply is numeric 302: nick=+user@host of those who are there, with - in
// place of + for those who are away, and * after the nick of operators.
func userhostReply(c *Conn, m *ircmsg.Message) {
	asked := c.poll.userhost.answered()
	if asked == nil {
		c.pass("unasked")
		return
	}
	text := strings.Join(m.Params[1:], " ")
	here := map[string]bool{}
	for item := range strings.FieldsSeq(text) {
		if nick, ok := c.userhostSays(item); ok {
			here[c.people.fold(nick)] = true
		}
	}
	for _, nick := range asked.nicks {
		if p := c.find(nick); p != nil && !here[c.people.fold(nick)] && len(text) < cutAnswer {
			p.taken = false
			c.setState(p, offline, "")
		}
	}
	signal(c.work)
}

func (c *Conn) userhostSays(item string) (string, bool) {
	nick, status, ok := strings.Cut(item, "=")
	nick = strings.TrimSuffix(nick, "*")
	if !ok || !isNick(nick) || status == "" {
		return "", false
	}
	p := c.find(nick)
	if p == nil {
		return nick, true
	}
	c.arrived(nick, status[1:], c.followed(nick))
	p.awayKnown = true
	switch {
	case status[0] == '-' && p.state != gone:
		c.setState(p, gone, "")
	case status[0] == '+' && p.state == gone:
		c.setState(p, online, "")
	}
	return nick, true
}

// awayChanged is AWAY by away-notify or extended-monitor: without a text, or with
// an empty one, the person is back.
func awayChanged(c *Conn, m *ircmsg.Message) {
	nick, mask, ok := source(m)
	if p := c.find(nick); ok && p != nil && p.wanted() {
		c.arrived(nick, mask, c.followed(nick))
		c.setAway(p, last(m), last(m) != "")
	}
}

// awayReply is numeric 301: me, nick, text. It answers a message of ours.
func awayReply(c *Conn, m *ircmsg.Message) {
	if p := c.find(m.Params[1]); p != nil && p.wanted() && p.now == "" {
		c.setAway(p, last(m), true)
	}
}

func (c *Conn) setAway(p *person, note string, away bool) {
	s := online
	if away {
		s = gone
	} else {
		note = ""
	}
	c.setState(p, s, note)
	p.awayKnown = true
}
