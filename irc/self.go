package irc

import (
	"time"

	"github.com/ergochat/irc-go/ircmsg"
)

// self is what we are called, as others see us.
type self struct {
	nick       string
	user, host string // empty until seen: then the longest there may be is assumed
	asked      bool   // the server was asked for them

	account string // of the services, as the server says; empty: none known
	trouble string // why we are not logged in, for the owner
	proving bool   // SASL is under way after 001
	denied  bool   // it has failed
	server  string // that we are connected to
	held    bool   // services hold the wanted nick

	forced  int       // how often the server took the wanted nick from us
	claimed time.Time // when the wanted nick was last asked for
}

// maxForced is how often the wanted nick is taken back from services that give us
// another: then they mean it.
const maxForced = 3

// claimEvery is the least time between two claims of the wanted nick.
const claimEvery = 10 * time.Second

// isMe tells whether a nick is ours.
func (c *Conn) isMe(nick string) bool { return c.support.fold(nick) == c.support.fold(c.self.nick) }

// learn takes our user name and host from a prefix or reply about us.
func (c *Conn) learn(user, host string) {
	if user != "" {
		c.self.user = user
	}
	if host != "" {
		c.self.host = host
	}
}

// askSelf asks how others see us, when that decides how a text is divided. It is
// not asked before: to ngIRCd a WHO is worth seconds in which it reads nothing.
func (c *Conn) askSelf() {
	if c.self.host == "" && !c.self.asked {
		c.self.asked = c.background("WHO", c.self.nick) != nil
	}
}

// overhead is the longest that ":nick!user@host " can be.
func (c *Conn) overhead() int {
	user, host := len(c.self.user), len(c.self.host)
	if user == 0 {
		user = max(c.support.userLen, len(c.id.username)+1)
	}
	if host == 0 {
		host = c.support.hostLen
	}
	return len(":!@ ") + len(c.self.nick) + user + host
}

// renamed takes a new nick of ours. If services keep giving us another than the
// wanted, we stop asking for it.
func (c *Conn) renamed(nick string) {
	if !isNick(nick) {
		c.pass("bad nick of ours")
		return
	}
	if c.isMe(c.id.nick) && c.support.fold(nick) != c.support.fold(c.id.nick) {
		c.self.forced++
	}
	c.self.nick = nick
	for _, p := range c.people.byNick {
		if p.open() {
			c.remark(p, "you are now known as %s", nick)
		}
	}
	c.wantNick()
}

// wantNick watches the nick that the login wants, while it is not ours.
func (c *Conn) wantNick() {
	wanted := !c.isMe(c.id.nick) && c.self.forced < maxForced
	p := c.find(c.id.nick)
	if p == nil && !wanted {
		return
	}
	if p == nil {
		p = c.meet(c.id.nick)
	}
	p.regain = wanted
	c.assign()
	signal(c.work)
}

// claim asks for the wanted nick, which nobody has now.
func (c *Conn) claim() {
	now := time.Now()
	if c.isMe(c.id.nick) || now.Sub(c.self.claimed) < claimEvery {
		return
	}
	c.self.claimed = now
	c.background("NICK", c.id.nick)
}

// claimFailed follows a claim that was refused: MONITOR may say nothing more of
// the nick, so ISON asks for it from now on.
func claimFailed(c *Conn, m *ircmsg.Message) {
	c.self.held = m.Command == "437"
	if p := c.find(c.id.nick); p != nil && p.regain && !c.isMe(c.id.nick) {
		c.unmonitor(p)
		p.alone, p.state = true, unknown
	}
}

// visibleHost is numeric 396 (RPL_VISIBLEHOST): host, or user@host.
func visibleHost(c *Conn, m *ircmsg.Message) {
	if nuh, err := ircmsg.ParseNUH(m.Params[1]); err == nil && nuh.Host != "" {
		c.learn(nuh.Name, nuh.Host)
		return
	}
	c.learn("", m.Params[1])
}
