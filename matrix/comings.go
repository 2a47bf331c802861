package matrix

import (
	"fmt"
	"log/slog"

	"msnbridge/bridge"
)

// A passage is somebody's change of membership or name in a room with an open window.
type passage struct {
	who    string
	by     string // who has done it
	before memberContent
	now    memberContent
}

// passages is what becomes of a change, by membership before and after; missing: nothing. Any that
// was not in is "".
var passages = map[[2]string]func(*Conn, *batch, *joined, *passage){
	{"", "join"}:       (*Conn).came,
	{"invite", "join"}: (*Conn).came,
	{"join", "join"}:   (*Conn).renamed,
	{"join", ""}:       (*Conn).went,
	{"", "invite"}:     (*Conn).wasAsked,
	{"", "knock"}:      (*Conn).knocked,
}

// memberNews tells an open window of a change of membership.
func (c *Conn) memberNews(b *batch, j *joined, e *anEvent) {
	who := *e.StateKey
	p := &passage{who: who, by: e.Sender}
	if who == c.me || !validUser(who) || !lenient(e.Content, &p.now) {
		return
	}
	lenient(e.Unsigned.PrevContent, &p.before)
	if p.before.Membership == "" && j.names[who] != "" {
		p.before = memberContent{Membership: "join", Name: j.names[who]}
	}
	if f := passages[[2]string{phase(p.before.Membership), phase(p.now.Membership)}]; f != nil {
		f(c, b, j, p)
	}
}

// phase is a membership, with those of people who are out made one.
func phase(membership string) string {
	if membership == "leave" || membership == "ban" {
		return ""
	}
	return membership
}

// came tells of a new member, unless there are too many to be told of.
func (c *Conn) came(b *batch, j *joined, p *passage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.rosters[j.room.id]
	if w == nil {
		return
	}
	if w.asking {
		w.change(p.who, change{true, cleanName(p.now.Name)})
		return
	}
	if j.room.membersAtLeast() > w.most || len(w.shown) >= maxShown {
		w.crowded = true
		return
	}
	w.shown[p.who] = true
	b.add(bridge.RosterChanged{Room: j.chat, Joined: []bridge.Contact{{Addr: addr(p.who), Name: j.room.called(p.who)}}})
}

// renamed tells of another display name of somebody who is shown.
func (c *Conn) renamed(b *batch, j *joined, p *passage) {
	was, now := cleanName(p.before.Name), cleanName(p.now.Name)
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.rosters[j.room.id]
	if w == nil || was == now {
		return
	}
	if w.asking {
		w.change(p.who, change{true, now})
		return
	}
	if !w.shown[p.who] {
		return
	}
	b.add(bridge.RosterChanged{Room: j.chat, Joined: []bridge.Contact{{Addr: addr(p.who), Name: j.room.called(p.who)}}})
	b.remark(j, "%s is now known as %s", orSo(was, p.who), orSo(now, p.who))
}

// went tells that a member has gone, how, and why, if that is worth a line.
func (c *Conn) went(b *batch, j *joined, p *passage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.rosters[j.room.id]
	if w == nil {
		return
	}
	if line := c.departure(j, p); line != "" && (w.shown[p.who] || p.by != p.who) {
		b.remark(j, "%s", line)
	}
	if w.asking {
		w.change(p.who, change{})
		return
	}
	if w.shown[p.who] {
		delete(w.shown, p.who)
		b.add(bridge.RosterChanged{Room: j.chat, Left: []bridge.Addr{addr(p.who)}})
	}
	if w.crowded && j.room.membersAtLeast() <= w.most {
		c.askAgain(j.room.id, w)
	}
}

// askAgain has all members told when there are few enough again. Conn.mu is held.
func (c *Conn) askAgain(room string, w *roster) {
	w.asking, w.crowded, w.changed = true, false, map[string]change{}
	if c.ended {
		return
	}
	c.helpers.Go(func() {
		if err := c.tellRoster(c.ctx, room); err != nil && c.ctx.Err() == nil {
			c.log.Debug("matrix members not known", slog.String("room", room), slog.String("reason", brief(err)))
			c.mu.Lock()
			w.asking, w.crowded = false, true
			c.mu.Unlock()
		}
	})
}

// departure is the line about a departure, or empty.
func (c *Conn) departure(j *joined, p *passage) string {
	reason := cleanLine(p.now.Reason, maxNote)
	if reason != "" {
		reason = ": " + reason
	}
	who, by := j.called(p.who), j.called(p.by)
	switch {
	case p.now.Membership == "ban":
		return fmt.Sprintf("%s was banned by %s%s", who, by, reason)
	case p.by != p.who:
		return fmt.Sprintf("%s was removed by %s%s", who, by, reason)
	case reason != "":
		return fmt.Sprintf("%s has left%s", who, reason)
	}
	return ""
}

func (c *Conn) wasAsked(b *batch, j *joined, p *passage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b.remark(j, "%s has invited %s", j.called(p.by), orSo(cleanName(p.now.Name), p.who))
}

func (c *Conn) knocked(b *batch, j *joined, p *passage) {
	line := fmt.Sprintf("%s asks to be let in", orSo(cleanName(p.now.Name), p.who))
	if reason := cleanLine(p.now.Reason, maxNote); reason != "" {
		line += ": " + reason
	}
	b.remark(j, "%s", line)
}

// remark is a line about the room.
func (b *batch) remark(j *joined, format string, args ...any) {
	b.add(bridge.Remark{Chat: j.chat, Text: fmt.Sprintf(format, args...)})
}

// spoke notes that somebody is shown because they have spoken. Conn.mu is held.
func (c *Conn) spoke(room, who string) {
	if w := c.rosters[room]; w != nil && !w.asking && len(w.shown) < maxShown && who != c.me {
		w.shown[who] = true
	}
}

// isOpen tells whether a window shows a room.
func (c *Conn) isOpen(room string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rosters[room] != nil
}
