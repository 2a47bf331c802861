package irc

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
)

func itoa(n int) string { return strconv.Itoa(n) }

// historyCame takes a page of what was said. One that was not asked for is what the
// server repeats to those who enter a channel.
func historyCame(c *Conn, b *batch) {
	g := c.history.now
	if len(b.params) == 0 {
		c.pass("bad history")
		return
	}
	if g == nil || g.target == "" || c.support.fold(g.target) != c.support.fold(b.params[0]) {
		c.replayed(b)
		return
	}
	newest := c.play(g, b)
	switch full := len(b.lines) >= c.pageSize(); {
	case full && g.latest:
		c.pendingRemark(g.chat, "(more was said here meanwhile; only the newest is shown)")
		c.closeGap(g)
	case full && newest.After(g.cursor):
		g.turn(newest)
		c.askGap(g)
	default:
		c.closeGap(g)
	}
}

// turn turns the page. What was said in the same millisecond as the last message
// may be on the next page too.
func (g *gap) turn(newest time.Time) {
	if again := newest.Add(-time.Millisecond); again.After(g.cursor) {
		newest = again
	}
	g.cursor = newest
	g.pages++
	g.latest = g.pages >= historyPages
}

func (c *Conn) pendingRemark(chat bridge.Addr, text string) {
	c.pending = append(c.pending, bridge.Remark{Chat: chat, Text: text})
}

// replayed takes what a server repeats of its own (InspIRCd's chanhistory). It is
// wanted of a channel that we have come back to.
func (c *Conn) replayed(b *batch) {
	chat := c.n.addr(b.params[0])
	from, ok := c.history.replay[chat.ID]
	if !ok {
		c.pass("history")
		return
	}
	delete(c.history.replay, chat.ID)
	c.play(&gap{chat: chat, target: b.params[0], from: from, ids: map[string]bool{}}, b)
}

// play hands on what was said in a gap, and returns when the latest was said. What
// waits is dropped if it is among that.
func (c *Conn) play(g *gap, b *batch) (newest time.Time) {
	for _, m := range b.lines {
		at, ok := serverTime(m)
		if !ok || len(m.Params) < 2 || m.Command != "PRIVMSG" && m.Command != "NOTICE" {
			c.pass("bad history")
			continue
		}
		if at.After(newest) {
			newest = at
		}
		if msg, ok := c.recall(g, m, at); ok {
			c.pending = append(c.pending, bridge.MessageReceived{Message: msg})
			c.forgetAwaiting(msg)
		}
	}
	signal(c.news)
	return newest
}

func (c *Conn) forgetAwaiting(known bridge.Message) {
	h := &c.history
	h.awaiting = slices.DeleteFunc(h.awaiting, func(ev bridge.MessageReceived) bool {
		m := ev.Message
		same := m.Time.Equal(known.Time) && m.From == known.From && m.Text == known.Text
		return m.Chat == known.Chat && cmp.Or(m.ID, known.ID) == known.ID && (m.ID != "" || same)
	})
}

// recall reads a message of the past. What may have been told already, and cannot
// be known again by its ID, is passed over; so is what people say who would not be
// heard live.
func (c *Conn) recall(g *gap, m *ircmsg.Message, at time.Time) (msg bridge.Message, ok bool) {
	nick, _, person := source(m)
	if !person || g.from.IsZero() {
		return msg, false
	}
	msg, ok = c.message(m)
	own := c.isMe(nick) || c.sameNick(nick, c.id.nick)
	told := !at.After(g.from)
	if !ok || told && (own || msg.ID == "") || g.ids[msg.ID] && msg.ID != "" {
		return msg, false
	}
	if len(g.ids) < 2*historyPage*historyPages {
		g.ids[msg.ID] = true
	}
	msg.Chat, msg.From, msg.Name, msg.Own = g.chat, g.chat, c.nameThen(m, nick, g.chat), own
	if own || isChannel(g.chat.ID) {
		msg.From = c.n.addr(nick)
	}
	msg.Mention = isChannel(g.chat.ID) && !own && c.names(msg.Text)
	return msg, !(m.Command == "NOTICE" && c.unheard(g.chat))
}

// unheard tells whether the notices of a person are no messages; see notice.
func (c *Conn) unheard(chat bridge.Addr) bool {
	p := c.find(chat.ID)
	return !isChannel(chat.ID) && (p == nil || !p.open() && len(p.watched) == 0)
}

// targetsCame takes the list of those who have written: CHATHISTORY TARGETS, name,
// time. Channels are asked for when they are entered.
func targetsCame(c *Conn, b *batch) {
	h := &c.history
	if h.now == nil || h.now.target != "" {
		c.pass("history")
		return
	}
	for _, m := range b.lines {
		if m.Command != "CHATHISTORY" || len(m.Params) < 3 || !isNick(m.Params[1]) || c.isMe(m.Params[1]) {
			continue
		}
		h.addGap(c.n.addr(m.Params[1]), m.Params[1], h.since)
	}
	c.closeGap(h.now)
}

// historyRefused is the server's refusal to tell.
func (c *Conn) historyRefused() {
	if g := c.history.now; g != nil && !g.at.IsZero() {
		c.closeGap(g)
	}
}

// enteredRoom fetches what was said in a channel since we were last in it.
func (c *Conn) enteredRoom(chat bridge.Addr, name string) {
	h := &c.history
	from, was := h.rooms[chat.ID]
	switch {
	case !was && len(h.rooms) < maxRooms, was && from.IsZero():
		h.rooms[chat.ID] = time.Time{}
	case was && c.keepsHistory():
		h.addGap(chat, name, from)
	case was:
		h.rooms[chat.ID], h.replay[chat.ID] = time.Time{}, from
	}
	signal(c.work)
}

// leftRoom notes up to when all is known of a channel that we are not in any more;
// with wanted false it is forgotten.
func (c *Conn) leftRoom(chat bridge.Addr, wanted bool) {
	h := &c.history
	delete(h.replay, chat.ID)
	if g := h.gapOf(chat); g != nil {
		g.left = true
		h.queue = slices.DeleteFunc(h.queue, func(o *gap) bool { return o == g })
	}
	from, was := h.rooms[chat.ID]
	switch {
	case !wanted:
		delete(h.rooms, chat.ID)
	case was && from.IsZero():
		h.rooms[chat.ID] = h.upTo
	}
}
