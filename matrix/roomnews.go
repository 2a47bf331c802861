package matrix

import (
	"cmp"
	"maps"
	"slices"
)

// maxPromoted is how many people's new powers one event tells of.
const maxPromoted = 5

// stateNews tells an open window of a change of the room's state.
func (c *Conn) stateNews(b *batch, j *joined, e *anEvent) {
	f := windowNews[e.Type]
	if f == nil || j.who != "" || *e.StateKey != "" && e.Type != typeMember || !c.isOpen(j.room.id) {
		return
	}
	f(c, b, j, e)
}

// windowNews are the changes of state that a window shows.
var windowNews = map[string]func(*Conn, *batch, *joined, *anEvent){
	typeMember:     (*Conn).memberNews,
	typeTopic:      (*Conn).topicNews,
	typeName:       (*Conn).nameNews,
	typePower:      (*Conn).powerNews,
	typeEncryption: (*Conn).encryptionNews,
	typeTombstone:  (*Conn).tombstoneNews,
}

// by is how somebody is called who has done something.
func (c *Conn) by(j *joined, who string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if who == c.me {
		return "you"
	}
	return j.called(who)
}

// has is "x has", or "you have".
func (c *Conn) has(j *joined, who string) string {
	if who == c.me {
		return "you have"
	}
	return c.by(j, who) + " has"
}

func (c *Conn) topicNews(b *batch, j *joined, e *anEvent) {
	var before, now struct {
		Topic string `json:"topic"`
	}
	lenient(e.Unsigned.PrevContent, &before)
	lenient(e.Content, &now)
	switch topic := cleanLine(now.Topic, maxTopic); {
	case before.Topic == now.Topic:
	case topic == "":
		b.remark(j, "%s removed the topic", c.has(j, e.Sender))
	default:
		b.remark(j, "%s changed the topic to: %s", c.has(j, e.Sender), topic)
	}
}

func (c *Conn) nameNews(b *batch, j *joined, e *anEvent) {
	var before, now struct {
		Name string `json:"name"`
	}
	lenient(e.Unsigned.PrevContent, &before)
	lenient(e.Content, &now)
	switch name := cleanName(now.Name); {
	case before.Name == now.Name:
	case name == "":
		b.remark(j, "%s removed the name of the room", c.has(j, e.Sender))
	default:
		b.remark(j, "%s called the room: %s", c.has(j, e.Sender), name)
	}
}

func (c *Conn) encryptionNews(b *batch, j *joined, e *anEvent) {
	if len(e.Unsigned.PrevContent) == 0 {
		b.remark(j, "%s switched on encryption", c.has(j, e.Sender))
	}
}

// powerNews tells who has become moderator or administrator, or is none any more, and whether the
// others may still write.
func (c *Conn) powerNews(b *batch, j *joined, e *anEvent) {
	var before, now struct {
		powerLevels
		Events level `json:"events_default"`
	}
	if !lenient(e.Unsigned.PrevContent, &before) || !lenient(e.Content, &now) {
		return
	}
	names := maps.Clone(now.Users)
	if names == nil {
		names = map[string]level{}
	}
	maps.Copy(names, before.Users)
	told := 0
	for _, who := range slices.Sorted(maps.Keys(names)) {
		was, is := rank(before.of(who)), rank(now.of(who))
		if was == is || !validUser(who) || told >= maxPromoted {
			continue
		}
		told++
		b.remark(j, "%s made %s %s", c.has(j, e.Sender), c.by(j, who), cmp.Or(is, "an ordinary member"))
	}
	switch muted := now.Events > now.Default; {
	case muted == (before.Events > before.Default):
	case muted:
		b.remark(j, "only some can write in this room from now on")
	default:
		b.remark(j, "everybody can write in this room from now on")
	}
}

// rank is what somebody with this power is called; empty: nothing.
func rank(l level) string {
	switch {
	case l >= levelAdmin:
		return "an administrator"
	case l >= levelModerator:
		return "a moderator"
	}
	return ""
}
