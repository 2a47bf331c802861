package irc

import (
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"
	"github.com/ergochat/irc-go/ircutils"

	"msnbridge/bridge"
)

// Accounts of the services tell people apart who use the same nick one after the
// other. What account somebody had last is kept with the login. If the nick then
// turns up with another account, or with none, it is not taken for the same person:
// the conversation says so once, what they say stands under a name that tells them
// apart, and their presence is not the contact's. Where a server does not tell
// accounts, nothing of this happens.

// A proof is what is known of who has a person's nick now.
type proof uint8

const (
	unasked  proof = iota // nothing speaks against the person
	proven                // the account is the right one
	doubted               // they have come, and it is not known yet with what account
	stranger              // another account, or none where there was one
)

// tellsAccounts tells whether the server says who is logged in.
func (c *Conn) tellsAccounts() bool { return c.caps["account-tag"] || c.support.whox }

// seeAccount learns what a message says of the account of who sent it: by its tag
// (https://ircv3.net/specs/extensions/account-tag), by JOIN with extended-join, and
// by ACCOUNT of account-notify. Of the messages that have a tag when there is an
// account, only those count that cannot come without their sender.
func (c *Conn) seeAccount(m *ircmsg.Message) {
	nick, _, ok := source(m)
	if !ok || c.isMe(nick) {
		return
	}
	switch tagged, account := m.GetTag("account"); {
	case m.Command == "ACCOUNT" && len(m.Params) > 0:
		c.accountIs(nick, m.Params[0], true)
	case m.Command == "JOIN" && len(m.Params) > 2 && c.caps["extended-join"]:
		c.accountIs(nick, m.Params[1], false)
	case tagged:
		c.accountIs(nick, account, true)
	case c.caps["account-tag"] && (m.Command == "PRIVMSG" || m.Command == "NOTICE"):
		c.accountIs(nick, "", true)
	}
}

// ownAccount is ACCOUNT, of ourselves.
func ownAccount(c *Conn, m *ircmsg.Message) {
	if nick, _, ok := source(m); ok && c.isMe(nick) {
		c.self.account = accountName(m.Params[0])
	}
}

// maxAccount is the longest account that is told from others, in bytes.
const maxAccount = 100

// accountName is empty for none, which servers write as * or 0.
func accountName(s string) string {
	if s == "*" || s == "0" {
		return ""
	}
	return strings.TrimSpace(ircutils.TruncateUTF8Safe(plain(s), maxAccount))
}

// accountIs notes the account of who has a nick. sure: it will not come only now.
func (c *Conn) accountIs(nick, account string, sure bool) {
	p := c.followed(nick)
	if p == nil {
		p = c.find(nick)
	}
	if p == nil {
		return
	}
	account, known := accountName(account), c.accounts.of(p.chat.ID)
	same := account != "" && c.people.fold(account) == c.people.fold(known)
	if p.now != "" && !c.sameNick(nick, p.now) {
		if same {
			c.follow(p, nick)
		}
		return
	}
	switch {
	case known == "":
		c.learnAccount(p, account)
	case same:
		c.believe(p)
	case account != "" || sure && c.caps["account-tag"]:
		c.disbelieve(p, account)
	case p.proof == unasked || p.proof == proven:
		c.doubt(p)
	}
}

// learnAccount notes the first account that somebody is seen with.
func (c *Conn) learnAccount(p *person, account string) {
	if account != "" {
		c.accounts.keep(p.chat.ID, account)
		c.keepAccounts()
	}
	c.believe(p)
}

func (c *Conn) believe(p *person) {
	was := p.proof
	p.proof, p.account, p.warned = proven, "", false
	if was == stranger && p.open() {
		c.remark(p, "%s is logged in as %s again", c.nickOf(p.chat), c.accounts.of(p.chat.ID))
	}
	if was >= doubted {
		c.tellState(p)
	}
}

// disbelieve takes who has the nick for somebody else.
func (c *Conn) disbelieve(p *person, account string) {
	if p.proof == stranger && p.account == account {
		return
	}
	was := p.proof
	c.accounts.doubts = true
	p.proof, p.account, p.warned, p.judgeAt = stranger, account, false, time.Now().Add(againTime)
	if was < doubted {
		c.tellState(p)
	}
	if p.open() {
		c.warn(p)
	}
}

// warn says in the conversation that its nick is somebody else's, once for each
// change. It waits there like a message, so that it is not missed.
func (c *Conn) warn(p *person) {
	if p.proof != stranger || p.warned {
		return
	}
	p.warned = true
	c.tell(bridge.MessageReceived{Message: bridge.Message{Chat: p.chat, Text: c.warning(p), Time: time.Now()}})
}

func (c *Conn) warning(p *person) string {
	is := "not logged in"
	if p.account != "" {
		is = "logged in as " + p.account
	}
	return "Careful: " + c.nickOf(p.chat) + " is " + is + " now, and was " + c.accounts.of(p.chat.ID) +
		" before. This may be another person. /trust takes them for your contact."
}

// rightPerson refuses, once, what would be said to somebody else than before.
func (c *Conn) rightPerson(chat bridge.Addr) error {
	p := c.find(chat.ID)
	if p == nil || p.proof != stranger || p.warned {
		return nil
	}
	p.warned = true
	return &bridge.SendError{Reason: c.warning(p) + " Say it again to say it to them."}
}

// nameThen is what to call somebody who said something in the past. Only an account
// that is told speaks against them: histories may have none.
func (c *Conn) nameThen(m *ircmsg.Message, nick string, chat bridge.Addr) string {
	known := c.people.fold(c.accounts.of(chat.ID))
	if tagged, account := m.GetTag("account"); tagged && known != "" && c.people.fold(accountName(account)) != known {
		return nick + " (another person)"
	}
	return nick
}

// trust takes whoever has the nick for the person of the conversation; false if
// nobody doubts that.
func (c *Conn) trust(p *person) bool {
	if p.proof < doubted {
		return false
	}
	c.accounts.forget(p.chat.ID)
	c.learnAccount(p, p.account)
	c.keepAccounts()
	return true
}
