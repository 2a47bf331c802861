package irc

import (
	"strings"

	"github.com/ergochat/irc-go/ircmsg"
)

// Questions with WHO, which with WHOX says the account too. The tokens come back
// with the answers (https://github.com/quakenet/snircd, doc/readme.who).
const (
	accountToken = "742" // %tna: token, nick, account
	memberToken  = "743" // %tuhnfa: token, user, host, nick, flags, account
)

// maxAskMembers bounds the members of a channel who are asked for after joining: of
// more the server would have a lot to say.
const maxAskMembers = 1000

// askMembers asks, once after joining, who the members of a channel are, with what
// accounts, and which of them are away.
func (c *Conn) askMembers(ch *channel) {
	if n := ch.count(); c.support.whox && n > 0 && n <= maxAskMembers {
		c.background("WHO", ch.name, "%tuhnfa,"+memberToken)
	}
}

// queryAccount asks for the account of one person.
func (c *Conn) queryAccount(nick string) {
	if c.support.whox {
		c.background("WHO", nick, "%tna,"+accountToken)
	} else {
		c.background("WHOIS", nick)
	}
}

// whoxReply is numeric 354: me, a token, and what was asked for with it.
func whoxReply(c *Conn, m *ircmsg.Message) {
	p := m.Params
	switch {
	case p[1] == accountToken:
		c.answeredAccount(p[2], p[3])
	case p[1] == memberToken && len(p) > 6:
		c.seeMember(p[4], p[2], p[3], p[5])
		c.answeredAccount(p[4], p[6])
	default:
		c.pass("unasked")
	}
}

// whoReply is numeric 352: me, channel, user, host, server, nick, flags, ...
func whoReply(c *Conn, m *ircmsg.Message) {
	p := m.Params
	if c.isMe(p[5]) {
		c.learn(p[2], p[3])
	} else if len(p) > 6 {
		c.seeMember(p[5], p[2], p[3], p[6])
	}
}

// seeMember learns what WHO says of somebody: flags begin with H for here or G for
// gone.
func (c *Conn) seeMember(nick, user, host, flags string) {
	if !isNick(nick) || flags == "" || c.isMe(nick) {
		c.pass("bad WHO")
		return
	}
	if u := c.user(nick); u != nil && isMask(user) && isMask(host) {
		u.mask = user + "@" + host
	}
	p := c.find(nick)
	if p == nil || !p.wanted() {
		return
	}
	c.arrived(nick, user+"@"+host, c.followed(nick))
	if p.now != "" {
		return
	}
	away := strings.HasPrefix(flags, "G")
	if away != (p.state == gone) {
		c.setAway(p, "", away)
	}
	p.awayKnown = true
}
