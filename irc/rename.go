package irc

import (
	"fmt"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
)

// A NICK of somebody with whom there is an open query: the conversation keeps its
// address and goes to the new nick, until the person leaves, takes the old nick
// back, or the account opens the conversation anew while somebody else has the
// old nick. What that somebody says is shown in the same conversation, for there
// is no other address, under a name that tells them apart; what the account
// writes still goes to the person that it was talking with.

// nickChanged is NICK: somebody's, or ours.
func nickChanged(c *Conn, m *ircmsg.Message) {
	old, mask, ok := source(m)
	now := m.Params[0]
	switch {
	case !ok || !isNick(now):
		c.pass("bad NICK")
		return
	case c.isMe(old):
		c.quitChannels(now, "", false) // there cannot be another with it
		c.renamed(now)
		c.tellOwnNick(now)
		return
	}
	c.renameUser(old, now, mask)
	if !c.sameNick(old, now) {
		c.left(old, now)
	}
	c.arrived(now, mask, c.followed(now))
}

func (c *Conn) sameNick(a, b string) bool { return c.people.fold(a) == c.people.fold(b) }

// left sees that a nick is not in use any more because its owner took another.
func (c *Conn) left(old, now string) {
	if p := c.followed(old); p != nil {
		c.follow(p, now)
		return
	}
	p := c.find(old)
	if p == nil {
		return
	}
	if p.now == "" && p.open() && p.proof != stranger {
		c.follow(p, now)
	}
	p.taken = false
	c.setState(p, offline, "")
}

// follow lets a conversation go on with its person under another nick.
func (c *Conn) follow(p *person, now string) {
	was := c.nickOf(p.chat)
	delete(c.people.follows, c.people.fold(p.now))
	if c.sameNick(now, p.chat.ID) {
		c.remark(p, "%s is called %s again", was, now)
		p.now, p.taken = "", false
		return
	}
	p.now = now
	c.people.follows[c.people.fold(now)] = p
	c.remark(p, "%s is now known as %s", was, now)
}

// unfollow ends that, without a word.
func (c *Conn) unfollow(p *person) {
	if p.now != "" {
		delete(c.people.follows, c.people.fold(p.now))
	}
	p.now, p.taken = "", false
}

// arrived sees that somebody has this nick; follower is the person known to have
// taken it, or nil.
func (c *Conn) arrived(nick, mask string, follower *person) {
	p := c.find(nick)
	if p == nil {
		return
	}
	if p.now != "" && p != follower {
		c.takenBy(p, nick, mask)
	}
	if p.now == "" {
		p.see(nick, mask)
	} else {
		p.nick, p.seen = nick, true
	}
	if p.state <= offline {
		c.setState(p, online, "")
	}
}

// takenBy says, once, that another person has the nick that a conversation is
// named for. Somebody with the same user@host is the same person, come back.
func (c *Conn) takenBy(p *person, nick, mask string) {
	if mask != "" && mask == p.mask {
		c.follow(p, nick)
		return
	}
	if p.taken {
		return
	}
	p.taken = true
	c.remark(p, "another person now uses the nick %s; what you write here still goes to %s", nick, p.now)
}

func (c *Conn) remark(p *person, format string, args ...any) {
	c.tell(bridge.Remark{Chat: p.chat, Text: fmt.Sprintf(format, args...)})
}

// quit is QUIT, of somebody on a channel that we are on, also when the network
// has split.
func quit(c *Conn, m *ircmsg.Message) {
	nick, _, ok := source(m)
	if !ok || c.isMe(nick) {
		return
	}
	c.quitChannels(nick, last(m), isSplit(last(m)) || c.within(m, "netsplit"))
	if p := c.followed(nick); p != nil {
		c.remark(p, "%s has left IRC", p.now)
		c.unfollow(p)
	}
	if p := c.find(nick); p != nil {
		p.taken = false
		c.setState(p, offline, "")
	}
}

// noSuchNick is numeric 401. Besides refusing what was sent to that nick, it says
// that nobody has it.
func noSuchNick(c *Conn, m *ircmsg.Message) {
	nick := m.Params[1]
	c.refusal(m)
	if p := c.followed(nick); p != nil {
		c.remark(p, "%s has left IRC", p.now)
		c.unfollow(p)
	}
	if p := c.find(nick); p != nil && p.state > offline {
		c.setState(p, offline, "")
	}
}
