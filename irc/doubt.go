package irc

import (
	"time"

	"github.com/ergochat/irc-go/ircmsg"
)

// graceTime is how long somebody who comes without an account has to log in, and
// how often a stranger is asked for anew.
const (
	graceTime = 15 * time.Second
	againTime = 2 * time.Minute
)

// maxDoubts is how often somebody is asked for. If the server never says what
// account they have, they are believed.
const maxDoubts = 3

// doubt asks what account somebody has who was believed to be somebody else before.
func (c *Conn) doubt(p *person) {
	if c.accounts.of(p.chat.ID) == "" || !c.tellsAccounts() {
		return
	}
	was := p.proof
	c.accounts.doubts = true
	p.proof, p.doubts, p.judgeAt = doubted, 0, time.Now()
	if was < doubted {
		c.tellState(p)
	}
	signal(c.work)
}

// judge asks for those whose account is not known, or is not theirs, and says when
// it wants to be called next.
func (c *Conn) judge(now time.Time) time.Duration {
	wait := never
	if !c.accounts.doubts {
		return wait
	}
	c.accounts.doubts = false
	for _, p := range c.people.byNick {
		if p.proof < doubted {
			continue
		}
		c.accounts.doubts = true
		if p.state <= offline && !p.open() {
			continue
		}
		left := p.judgeAt.Sub(now)
		if left <= 0 {
			left = c.askAccount(p, now)
		}
		wait = sooner(wait, left)
	}
	return wait
}

// askAccount asks for the account of one, or decides without.
func (c *Conn) askAccount(p *person, now time.Time) time.Duration {
	if p.proof == doubted && p.doubts >= maxDoubts {
		if p.nameless {
			c.disbelieve(p, "")
			return againTime
		}
		c.believe(p)
		return never
	}
	gap := graceTime
	if p.proof == stranger {
		gap = againTime
	}
	p.doubts++
	p.judgeAt = now.Add(gap)
	c.queryAccount(c.nickOf(p.chat))
	return gap
}

// whoisAccount is numeric 330: me, nick, account, text.
func whoisAccount(c *Conn, m *ircmsg.Message) {
	c.answeredAccount(m.Params[1], m.Params[2])
}

// whoisEnd is numeric 318: me, nick, text. Without a 330 before it there is no
// account.
func whoisEnd(c *Conn, m *ircmsg.Message) {
	if p := c.find(m.Params[1]); p != nil && p.proof == doubted {
		p.nameless = c.caps["account-tag"]
	}
}

func (c *Conn) answeredAccount(nick, account string) {
	if p := c.find(nick); p != nil && accountName(account) == "" {
		p.nameless = c.caps["account-tag"]
	}
	c.accountIs(nick, account, false)
}
