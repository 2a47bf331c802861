package bridge

import (
	"cmp"
	"context"
)

// mostUnread is how many messages wait in a room that has no window, and how many
// more that name the user.
const mostUnread = 50

// rosterLimit is how many members of a room are shown where the network has no
// habit of its own.
const rosterLimit = 20

// follow has the network tell of a room's members while there is a window, one
// request at a time. What waits is shown when the members are known.
func (c *Chat) follow() {
	if c.asking {
		c.askAgain = true
		return
	}
	most := 0
	if c.window != nil {
		most = c.a.habits(c.addr.Network).RosterLimit
	}
	c.asking = true
	l := c.a.logins[c.addr.Network]
	roster := func(ctx context.Context, conn Conn) error { return conn.Roster(ctx, c.addr, most) }
	if l == nil || !l.inquire(reachTime, roster, func(err error) { c.followed(most, err) }) {
		c.followed(most, ErrNotOnline)
	}
}

// followed runs in the turn.
func (c *Chat) followed(most int, err error) {
	c.asking = false
	if err != nil {
		c.a.log().Debug("members not known", "network", c.addr.Network, "room", c.addr.ID, "err", err)
	}
	if c.askAgain {
		c.askAgain = false
		c.follow()
		return
	}
	c.entered = most > 0
	c.flush()
}

// habits are those of a network, with the defaults.
func (a *account) habits(network string) Habits {
	var h Habits
	if n := a.b.handles.byName[network]; n != nil {
		h = n.Habits()
	}
	h.RosterLimit = cmp.Or(h.RosterLimit, rosterLimit)
	h.Ring = cmp.Or(h.Ring, RingMentions)
	return h
}

// member is somebody in a room, as this account calls them.
func (a *account) member(who Addr, name string) Member {
	handle := a.b.handles.remember(who)
	if e := a.byHandle[handle]; e != nil {
		handle = e.Spelling()
	}
	return Member{who, handle, cmp.Or(cleanName(name), handle)}
}

// roster shows who has come into a room, and who has gone.
func (a *account) roster(ev RosterChanged) {
	c := a.chats[ev.Room]
	if c == nil || c.window == nil {
		return
	}
	joined := make([]Member, len(ev.Joined))
	for i, who := range ev.Joined {
		joined[i] = a.member(who.Addr, who.Name)
	}
	left := make([]string, len(ev.Left))
	for i, who := range ev.Left {
		left[i] = a.member(who, "").Handle
	}
	c.window.Members(joined, left, ev.Whole)
}

// inRoom notes that the login is in a room, of which no presence was told because
// it was on no list.
func (l *login) inRoom(room Addr) {
	if l.a.b.handles.kind(room) == Room {
		l.people[room] = person{presence: Presence{State: Online}}
	}
}

// leftRoom closes the window of a room that the account is not in any more.
func (a *account) leftRoom(room Addr) {
	c := a.chats[room]
	if c == nil || c.window == nil {
		return
	}
	w := c.window
	c.windowGone()
	w.Closed()
}

// roomMessage takes in what was said in a room. Nobody hears what is said in a
// room that is on no list and has no window, or by somebody on the block list.
func (in *inbox) roomMessage(m Message) {
	a := in.l.a
	e, from := a.entry(m.Chat), a.entry(m.From)
	c := a.chats[m.Chat]
	watched := e != nil && e.On(FL) || c != nil && c.window != nil
	if !watched || e != nil && e.On(BL) || from != nil && from.On(BL) {
		in.dropped("message in a room")
		return
	}
	in.keep(m)
}

// Addr is whom or what the conversation is with.
func (c *Chat) Addr() Addr { return c.addr }

// shedUnread forgets the oldest messages that wait in a room without a window: all
// but the newest, and the newest of those before them that name the user.
func (c *Chat) shedUnread() {
	older := len(c.waiting) - mostUnread
	if older <= 0 || c.window != nil {
		return
	}
	tooMany := -mostUnread
	for _, m := range c.waiting[:older] {
		if m.Message.Mention {
			tooMany++
		}
	}
	var w batch
	c.drop(&w, func(m *waiting) bool {
		if older--; older < 0 {
			return false
		}
		if m.Message.Mention {
			tooMany--
			return tooMany >= 0
		}
		return true
	})
	c.a.commit(w, nil)
}
