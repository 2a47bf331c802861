package irc

import (
	"github.com/ergochat/irc-go/ircmsg"
)

// A handler handles one command of the server, with the lock held. Messages with
// less parameters are passed over.
type handler struct {
	params int
	do     func(c *Conn, m *ircmsg.Message)
}

// handlers are what a registered connection handles. The numerics are those of
// https://modern.ircdocs.horse and, for MONITOR, of
// https://ircv3.net/specs/extensions/monitor.
var handlers = map[string]handler{
	"PRIVMSG": {2, privmsg},
	"NOTICE":  {2, notice},
	"TAGMSG":  {1, tagmsg},
	"NICK":    {1, nickChanged},
	"QUIT":    {0, quit},
	"AWAY":    {0, awayChanged},
	"CHGHOST": {2, hostChanged},
	"SETNAME": {1, realNameChanged},
	"CAP":     {2, capChanged},
	"BATCH":   {1, batchLine},
	"ACK":     {0, nothing}, // of a label: see answered
	"PING":    {0, ping},
	"PONG":    {1, pong},
	"ERROR":   {0, serverError},
	"FAIL":    {2, failed},
	"WARN":    {2, noted},
	"NOTE":    {2, noted},

	"900": {3, nowLoggedIn},
	"901": {1, loggedOut},
	"902": {0, deniedLate},
	"903": {0, provedLate},
	"904": {0, deniedLate},
	"905": {0, deniedLate},
	"906": {0, deniedLate},

	"AUTHENTICATE": {1, proveLate},

	"ACCOUNT": {1, ownAccount},
	"318":     {2, whoisEnd},
	"330":     {3, whoisAccount},
	"354":     {4, whoxReply},

	"JOIN":   {1, joined},
	"PART":   {1, parted},
	"KICK":   {2, kicked},
	"TOPIC":  {2, topicChanged},
	"MODE":   {2, modeChanged},
	"INVITE": {2, invitation},

	"005": {2, func(c *Conn, m *ircmsg.Message) { c.supports(m.Params[1 : len(m.Params)-1]) }},
	"301": {2, awayReply},
	"302": {2, userhostReply},
	"303": {2, isonReply},
	"324": {3, flagsAre},
	"352": {6, whoReply},
	"331": {2, noTopic},
	"332": {3, topicReply},
	"333": {3, topicSetter},
	"353": {3, namesReply},
	"366": {2, namesEnd},
	"376": {0, func(c *Conn, _ *ircmsg.Message) { c.settle() }}, // end of MOTD
	"422": {0, func(c *Conn, _ *ircmsg.Message) { c.settle() }}, // no MOTD
	"396": {2, visibleHost},
	"401": {2, noSuchNick},
	"421": {2, unknownCommand},
	"432": {0, claimFailed},
	"433": {0, claimFailed},
	"436": {0, claimFailed},
	"437": {0, unavailable},
	"438": {0, claimFailed},
	"470": {3, forwarded},
	"465": {0, banned},
	"707": {2, func(c *Conn, m *ircmsg.Message) { c.refusal(m) }}, // targets change too fast
	"716": {2, func(c *Conn, m *ircmsg.Message) { c.refusal(m) }}, // they ignore strangers
	"730": {2, monitorOnline},
	"731": {2, monitorOffline},
	"734": {3, monitorFull},
}

func nothing(*Conn, *ircmsg.Message) {}

func ping(c *Conn, m *ircmsg.Message) { c.out.urgently("PONG", m.Params...); signal(c.work) }

// supports takes an ISUPPORT. It may come late, or again, and change how nicks
// are compared.
func (c *Conn) supports(tokens []string) {
	c.support.apply(tokens)
	c.people.index(c.support.fold)
	c.indexChannels(c.support.fold)
	c.assign()
}

// serverError is ERROR: the server closes the connection.
func serverError(c *Conn, m *ircmsg.Message) {
	if c.fatal == nil {
		c.fatal = closedBy(last(m))
	}
}

// banned is numeric 465; ERROR follows, often with less to say.
func banned(c *Conn, m *ircmsg.Message) { c.fatal = rejected("banned: "+last(m), nil) }

// unknownCommand is numeric 421: the server lacks a command that we have used.
func unknownCommand(c *Conn, m *ircmsg.Message) {
	if lacks, ok := map[string]func(*Conn){
		"MONITOR":     func(c *Conn) { c.support.monitor = 0; c.forgetMonitor() },
		"ISON":        func(c *Conn) { c.poll.ison.missing = true; c.poll.ison.lose() },
		"CHATHISTORY": (*Conn).historyRefused,
		"USERHOST":    func(c *Conn) { c.poll.userhost.missing = true; c.poll.userhost.lose() },
	}[m.Params[1]]; ok {
		lacks(c)
		signal(c.work)
	}
}

// realNameChanged is SETNAME: text. Who talks with somebody is told.
func realNameChanged(c *Conn, m *ircmsg.Message) {
	nick, _, ok := source(m)
	p := c.followed(nick)
	if p == nil {
		p = c.find(nick)
	}
	if name := last(m); ok && !c.isMe(nick) && p != nil && p.open() && name != "" && (p.now == "" || c.sameNick(p.now, nick)) {
		c.remark(p, "%s now has the name \"%s\"", nick, name)
	}
}

// hostChanged is CHGHOST: user, host.
func hostChanged(c *Conn, m *ircmsg.Message) {
	nick, _, ok := source(m)
	if !ok {
		c.pass("bad CHGHOST")
		return
	}
	mask := m.Params[0] + "@" + m.Params[1]
	if c.isMe(nick) {
		c.learn(m.Params[0], m.Params[1])
	}
	if u := c.user(nick); u != nil {
		u.mask = mask
	}
	if p := c.followed(nick); p != nil {
		p.mask = mask
	} else if p := c.find(nick); p != nil && p.now == "" {
		p.mask = mask
	}
}
