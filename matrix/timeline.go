package matrix

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"msnbridge/bridge"
)

// maxGap is how many events are fetched when /sync has left some out.
const maxGap = 1000

const gapPage = 100

const (
	textEncrypted = "(This message is encrypted, and the gateway cannot read encrypted messages yet.)"
	textLeftOut   = "(Older messages were left out: there were too many.)"
	textMissing   = "(Older messages could not be had from the homeserver.)"
)

// timeline makes messages of the events of a direct chat.
func (c *Conn) timeline(ctx context.Context, b *batch, j *joined, p purpose, since string) error {
	evs := j.events
	if j.data.Timeline.Limited && c.reachesBack(j, p) {
		older, note, err := c.gap(ctx, j, p, since)
		if err != nil {
			return err
		}
		evs = append(older, evs...)
		if note != "" {
			b.add(c.networkLine(j, note, evs))
		}
	}
	if j.room.fresh {
		evs = sinceInvited(evs, c.me)
	}
	for i := range evs {
		if evs[i].Time < c.earliest(p) {
			continue
		}
		if err := c.message(ctx, b, j, &evs[i]); err != nil {
			return err
		}
	}
	return nil
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

// reachesBack tells whether there may be events before those of the timeline that are wanted.
func (c *Conn) reachesBack(j *joined, p purpose) bool {
	if len(j.events) == 0 {
		return p == news
	}
	return j.events[0].Time >= c.earliest(p)
}

// sinceInvited leaves out what was said in a room before we were invited to it.
func sinceInvited(evs []anEvent, me string) []anEvent {
	for i := len(evs) - 1; i >= 0; i-- {
		if isInvite(&evs[i], me) {
			return evs[i+1:]
		}
	}
	return evs
}

func isInvite(e *anEvent, me string) bool {
	return e.Type == typeMember && e.StateKey != nil && *e.StateKey == me && membershipOf(e.Content) == "invite"
}

// gap reads a room back from its timeline in /sync to the last event that was handed over. note
// says what is missing.
func (c *Conn) gap(ctx context.Context, j *joined, p purpose, since string) (older []anEvent, note string, err error) {
	if err := c.recallLast(ctx, j.room); err != nil {
		return nil, "", err
	}
	from := j.data.Timeline.PrevBatch
	for pages := 0; from != "" && len(older) < maxGap; pages++ {
		resp, err := c.page(ctx, j.room.id, from, since)
		if definite(err) {
			c.log.Warn("matrix messages cannot be read back", slog.String("room", j.room.id), slog.String("reason", brief(err)))
			return reversed(older), textMissing, nil
		}
		if err != nil {
			return nil, "", c.refusal("read a room back", err)
		}
		evs := c.parseEvents(resp.Chunk, j.room.id)
		known := c.untilKnown(j, p, evs)
		older = append(older, evs[:known]...)
		if known < len(evs) || resp.End == from || len(resp.Chunk) == 0 {
			return reversed(older), "", nil
		}
		if from = resp.End; pages > 3*maxGap/gapPage {
			return reversed(older), textLeftOut, nil
		}
	}
	if len(older) > maxGap || from != "" {
		older, note = older[:min(len(older), maxGap)], textLeftOut
	}
	return reversed(older), note, nil
}

// page reads a page back, waiting as often as the homeserver wants.
func (c *Conn) page(ctx context.Context, room, from, to string) (*messagesResponse, error) {
	for {
		resp, err := c.api.messages(ctx, room, from, to, messagesFilter("", roomTypes...), gapPage)
		wait := retryAfter(err)
		if wait == 0 {
			return resp, err
		}
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// untilKnown is how many of the events, the newest first, come after all that is known or too old.
func (c *Conn) untilKnown(j *joined, p purpose, evs []anEvent) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := slices.IndexFunc(evs, func(e anEvent) bool {
		_, seen := j.room.seen(e.ID)
		return seen || e.Time < c.earliest(p) || j.room.fresh && isInvite(&e, c.me)
	})
	if n < 0 {
		return len(evs)
	}
	return n
}

func reversed(evs []anEvent) []anEvent {
	slices.Reverse(evs)
	return evs
}

// networkLine is a line of the gateway itself in a conversation, before evs.
func (c *Conn) networkLine(j *joined, text string, evs []anEvent) bridge.Event {
	m := bridge.Message{Chat: addr(j.who), Via: j.room.id, Text: text, Time: time.Now()}
	if len(evs) > 0 {
		m.ID = "before " + evs[0].ID
		m.Time = time.UnixMilli(evs[0].Time)
	}
	return bridge.MessageReceived{Message: m}
}

// message makes events for the account of one event of a direct chat.
func (c *Conn) message(ctx context.Context, b *batch, j *joined, e *anEvent) error {
	b.seen[j.room.id] = append(b.seen[j.room.id], seenEvent{e.ID, e.Time})
	r, ok, err := c.read(ctx, j, e)
	if !ok || err != nil {
		return err
	}
	own := e.Sender == c.me
	c.mu.Lock()
	name := j.room.members[e.Sender]
	if !own {
		c.people.alive(j.who, time.UnixMilli(e.Time))
		delete(c.typists, j.who)
	}
	c.mu.Unlock()
	b.add(bridge.MessageReceived{Message: bridge.Message{
		ID: e.ID, Chat: addr(j.who), Via: j.room.id, From: addr(e.Sender), Name: name,
		Text: r.text, Emote: r.emote, Time: time.UnixMilli(e.Time), Own: own,
	}})
	if own {
		b.add(bridge.ReadElsewhere{Chat: addr(j.who), Via: j.room.id, ID: e.ID, Time: time.UnixMilli(e.Time)})
	}
	return nil
}

// read renders an event that the other person has sent, or we from another client. An encrypted
// one is kept.
func (c *Conn) read(ctx context.Context, j *joined, e *anEvent) (r rendering, ok bool, err error) {
	if e.StateKey != nil || e.Sender != j.who && e.Sender != c.me || c.ours(e) {
		return rendering{}, false, nil
	}
	switch e.Type {
	case typeEncrypted:
		if !lenient(e.Content, &struct{}{}) || string(e.Content) == "{}" {
			return rendering{}, false, nil // redacted
		}
		return rendering{text: textEncrypted}, true, c.keepEncrypted(ctx, j.room.id, e)
	case typeMessage, typeSticker:
		r, ok = render(e.Type, e.Content)
		if !ok && string(e.Content) != "{}" {
			c.passOver("message", e.ID)
		}
	}
	return r, ok, nil
}

// ours tells whether we have sent an event ourselves: the homeserver says so to the device that
// has, and our key is in what we write.
func (c *Conn) ours(e *anEvent) bool {
	if e.Sender != c.me {
		return false
	}
	return e.Unsigned.TransactionID != "" || keyOf(e) != ""
}

// keyOf is our own key in an event, which is the ID of the message that we were given to send.
func keyOf(e *anEvent) string {
	var in content
	lenient(e.Content, &in)
	return in.Key
}
