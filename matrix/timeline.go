package matrix

import (
	"context"
	"slices"
	"sort"
	"time"

	"msnbridge/bridge"
)

const (
	textEncrypted = "(This message is encrypted, and the gateway cannot read it.)"
	textLeftOut   = "(Older messages were left out: there were too many.)"
	textMissing   = "(Older messages could not be had from the homeserver.)"
)

// timelines makes messages of the events of conversations, but for those that have to wait.
func (c *Conn) timelines(ctx context.Context, b *batch, chats []*joined) error {
	if b.purpose == background {
		for _, j := range chats {
			j.setBackground()
		}
	}
	now, err := c.setAside(ctx, b, chats)
	if err != nil || b.purpose == background {
		return err
	}
	if err := c.inOrder(ctx, b, now); err != nil {
		return err
	}
	c.ephemerals(ctx, b, append(now, b.held...))
	return nil
}

// inOrder makes messages in the order of their times, as one person's rooms show in one window, but
// those of one room stay in its order.
func (c *Conn) inOrder(ctx context.Context, b *batch, chats []*joined) error {
	before := len(b.evs)
	var times []time.Time // of the events that are added
	for _, j := range chats {
		first, at := len(b.evs), time.Time{}
		if err := c.timeline(ctx, b, j); err != nil {
			return err
		}
		for _, ev := range b.evs[first:] {
			if t := saidAt(ev); t.After(at) {
				at = t
			}
			times = append(times, at)
		}
	}
	sort.Stable(byTime{b.evs[before:], times})
	return nil
}

func saidAt(ev bridge.Event) time.Time {
	m, _ := ev.(bridge.MessageReceived)
	return m.Message.Time
}

// byTime sorts events along with their times.
type byTime struct {
	evs   []bridge.Event
	times []time.Time
}

func (s byTime) Len() int           { return len(s.evs) }
func (s byTime) Less(i, j int) bool { return s.times[i].Before(s.times[j]) }
func (s byTime) Swap(i, j int) {
	s.evs[i], s.evs[j] = s.evs[j], s.evs[i]
	s.times[i], s.times[j] = s.times[j], s.times[i]
}

// timeline makes messages of the events of a conversation, and of what was read back before them.
func (c *Conn) timeline(ctx context.Context, b *batch, j *joined) error {
	evs := c.notSeen(j)
	if j.note != "" {
		b.add(c.networkLine(j, j.note, evs))
	}
	if j.fresh {
		evs = j.sinceWeCame(evs, c.me)
	}
	for i := range evs {
		if c.tooOld(&evs[i], j, i >= len(evs)-len(j.events)) {
			continue
		}
		if err := c.event(ctx, b, j, &evs[i]); err != nil {
			return err
		}
	}
	return nil
}

// notSeen are the events of a room. What was read back is told once, and not if it was handed over
// before: homeservers do not always stop where they should. Nor is what is pushed to a ghost.
func (c *Conn) notSeen(j *joined) []anEvent {
	if j.gap == nil && c.ghosts == nil {
		return j.events
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	evs, there := make([]anEvent, 0, len(j.older)+len(j.events)), map[string]bool{}
	for _, e := range slices.Concat(j.older, j.events) {
		if _, seen := j.room.seen(e.ID); !seen && !there[e.ID] {
			evs, there[e.ID] = append(evs, e), true
		}
	}
	return evs
}

// skew is how wrong the clock of another homeserver may be.
const skew = 15 * time.Minute

// tooOld tells whether an event is older than the login. One that has just come to a room where we
// have been all the time cannot be, but for a wrong clock.
func (c *Conn) tooOld(e *anEvent, j *joined, justCame bool) bool {
	limit := c.earliest(j.purpose)
	if j.purpose == news && justCame && !j.fresh {
		limit -= skew.Milliseconds()
	}
	return e.Time < limit
}

// earliest is the time, in milliseconds, before which nothing is delivered. At the beginning of a
// login what came in the same second counts as older than it.
func (c *Conn) earliest(p purpose) int64 {
	s := c.login.Since
	if p == beginning {
		s++
	}
	return s * 1000
}

// sinceWeCame leaves out what was said before we were invited to a direct chat, or entered a room.
func (j *joined) sinceWeCame(evs []anEvent, me string) []anEvent {
	membership := "invite"
	if j.who == "" {
		membership = "join"
	}
	if j.who == "" && j.purpose != news {
		return evs
	}
	for i := len(evs) - 1; i >= 0; i-- {
		if isOurs(&evs[i], me, membership) {
			return evs[i+1:]
		}
	}
	return evs
}

// isOurs tells whether an event makes us what membership says, which we were not before.
func isOurs(e *anEvent, me, membership string) bool {
	return e.Type == typeMember && e.StateKey != nil && *e.StateKey == me && membershipOf(e.Content) == membership &&
		membershipOf(e.Unsigned.PrevContent) != membership
}

// networkLine is a line of the gateway itself in a conversation, before evs.
func (c *Conn) networkLine(j *joined, text string, evs []anEvent) bridge.Event {
	m := bridge.Message{Chat: j.chat, Via: j.room.id, Text: text, Time: time.Now()}
	if len(evs) > 0 {
		m.ID = "before " + evs[0].ID
		m.Time = time.UnixMilli(evs[0].Time)
	}
	return bridge.MessageReceived{Message: m}
}

// conversationEvents is what events do that are neither state nor our own copies.
var conversationEvents = map[string]func(*Conn, context.Context, *batch, *joined, *anEvent) error{
	typeMessage:   (*Conn).message,
	typeSticker:   (*Conn).message,
	typePoll:      (*Conn).message,
	typeOldPoll:   (*Conn).message,
	typePollEnd:   (*Conn).pollEnd,
	typeOldEnd:    (*Conn).pollEnd,
	typeCall:      (*Conn).message,
	typeNotify:    (*Conn).message,
	typeOldNotify: (*Conn).message,
	typeReaction:  (*Conn).reaction,
	typeVote:      (*Conn).vote,
	typeOldVote:   (*Conn).vote,
}

// event makes events for the account of one event of a conversation. A redaction is believed
// because the homeserver has let it through, so one that was encrypted is none.
func (c *Conn) event(ctx context.Context, b *batch, j *joined, e *anEvent) error {
	b.seen[j.room.id] = append(b.seen[j.room.id], seenEvent{e.ID, e.Time})
	if e.StateKey != nil {
		c.stateNews(b, j, e)
		return nil
	}
	if e.Type == typeRedaction {
		return c.redaction(ctx, b, j, e)
	}
	if e.Type == typeEncrypted && e.StateKey == nil {
		return c.encryptedEvent(ctx, b, j, e)
	}
	return c.converse(ctx, b, j, e)
}

// converse is event for one that may have been encrypted.
func (c *Conn) converse(ctx context.Context, b *batch, j *joined, e *anEvent) error {
	f := conversationEvents[e.Type]
	switch {
	case f == nil || e.StateKey != nil: // state is never encrypted
		return nil
	case c.ours(e):
		c.noteOurs(b, j, e)
		return nil
	}
	if j = c.placeOf(j, e.Sender); j == nil {
		return nil
	}
	return f(c, ctx, b, j, e)
}

// placeOf is the conversation in which what somebody says is shown: what others say in a room that
// is, or was, a direct chat belongs to the room. Nil if there is no such conversation.
func (c *Conn) placeOf(j *joined, sender string) *joined {
	switch {
	case j.who == "" || sender == j.who || sender == c.me:
		return j
	case j.grown:
		return j.asRoom()
	}
	return nil
}

// message makes events of what somebody has said.
func (c *Conn) message(ctx context.Context, b *batch, j *joined, e *anEvent) error {
	var in content
	if lenient(e.Content, &in) && in.corrects() {
		return c.correction(ctx, b, j, e, &in)
	}
	r, ok := render(e.Type, e.Content, c.namesIn(j.room))
	if !ok {
		if string(e.Content) != "{}" { // else redacted
			c.passOver("message", e.ID)
		}
		return nil
	}
	plain := r.text
	lead := c.lead(ctx, b, j, &in)
	r.text = placed(lead, r)
	m := c.say(b, j, e, r)
	m.Text = plain
	s := saidOf(e, m, in.RelatesTo)
	s.lead = lead
	b.talk.put(j.room.id, s)
	return nil
}

// say adds what somebody has said, or we from another client.
func (c *Conn) say(b *batch, j *joined, e *anEvent, r rendering) bridge.Message {
	m := c.compose(j, e, r)
	b.add(bridge.MessageReceived{Message: m})
	if m.Own {
		b.add(bridge.ReadElsewhere{Chat: j.chat, Via: j.room.id, ID: e.ID, Time: time.UnixMilli(e.Time)})
	}
	return m
}

// compose makes a message of an event.
func (c *Conn) compose(j *joined, e *anEvent, r rendering) bridge.Message {
	own := e.Sender == c.me
	c.mu.Lock()
	name, mention := j.room.members[e.Sender].name, false
	if j.who == "" {
		c.spoke(j.room.id, e.Sender)
		name, mention = j.called(e.Sender), c.rooms.mentionsUs(j.room, e.Sender, e.Content)
	}
	if !own && j.who != "" {
		c.people.alive(j.who, time.UnixMilli(e.Time))
		c.talksIn(j.who, j.room.id)
	}
	delete(c.typists, typistKey{j.room.id, e.Sender})
	lively := j.who != "" || c.rosters[j.room.id] != nil
	c.mu.Unlock()
	if lively {
		c.talks()
	}
	return bridge.Message{
		ID: e.ID, Chat: j.chat, Via: j.room.id, From: addr(e.Sender), Name: name,
		Text: r.text, Emote: r.emote, Format: r.format, Time: time.UnixMilli(e.Time), Own: own, Mention: mention,
		File: fileOf(e.Type, e.Content),
	}
}

// ours tells whether we have sent an event ourselves: the homeserver says so to the device that
// has, and our key is in what we write. Nobody else speaks as a ghost.
func (c *Conn) ours(e *anEvent) bool {
	if e.Sender != c.me {
		return false
	}
	return c.ghosts != nil || e.Unsigned.TransactionID != "" || keyOf(e) != ""
}

// keyOf is our own key in an event, which is the ID of the message that we were given to send.
func keyOf(e *anEvent) string {
	var in content
	lenient(e.Content, &in)
	return in.Key
}
