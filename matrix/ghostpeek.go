package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
)

// Who types, who has read what and who is present is pushed by few homeservers (MSC2409). The others
// are asked for it, by all ghosts together at a bounded rate, by a /sync that does not wait.

// peekedMost is how many answers to peeks wait to be told; the oldest give way.
const peekedMost = 8

// peekFilter is for a /sync that tells nothing that is pushed anyway.
var peekFilter = func() string {
	// No types at all, or none of any, is not understood everywhere.
	none := &mautrix.FilterPart{Types: []event.Type{{Type: "org.msnbridge.none"}}, Limit: 1}
	raw, err := json.Marshal(mautrix.Filter{
		AccountData: none,
		Presence:    &mautrix.FilterPart{Types: []event.Type{{Type: typePresence}}},
		Room: &mautrix.RoomFilter{
			AccountData: none, State: none, Timeline: none,
			Ephemeral: &mautrix.FilterPart{Types: []event.Type{{Type: typeTyping}, {Type: typeReceipt}}},
		},
	})
	if err != nil {
		panic(err) // it is constant
	}
	return string(raw)
}()

// due is how long the next peek has to wait; never: there is nobody to tell, or it is under way.
func (f *ghostFeed) due(now time.Time) (wait time.Duration, never bool) {
	f.Conn.mu.Lock()
	shown := f.people.own.State.Visible()
	f.Conn.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	every := f.times.Look
	if now.Sub(f.talked) < f.times.Talk {
		every = f.times.Peek
	}
	switch {
	case f.busy:
		return 0, true
	case f.hurry:
		return f.looked.Add(f.times.Retry).Sub(now), false
	case !shown || f.ghosts.service.EphemeralPushed():
		return 0, true
	}
	return f.looked.Add(every).Sub(now), false
}

// talks notes that there is a conversation. Nil is no ghost's.
func (c *Conn) talks() {
	if f, ok := c.feed.(*ghostFeed); ok {
		f.mu.Lock()
		began := time.Since(f.talked) >= f.times.Talk
		f.talked = time.Now()
		f.mu.Unlock()
		if began {
			f.ghosts.lookUp()
		}
	}
}

// doubt has the homeserver looked for soon: it has not answered.
func (f *ghostFeed) doubt() {
	f.mu.Lock()
	f.hurry = true
	f.mu.Unlock()
	f.ghosts.lookUp()
}

// begin notes that a peek is under way, unless one is.
func (f *ghostFeed) begin() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.busy {
		return false
	}
	f.busy, f.hurry = true, false
	return true
}

// peek looks once at what nobody pushes. If the homeserver does not answer twice, the connection is
// over, as every other.
func (f *ghostFeed) peek(ctx context.Context) {
	f.mu.Lock()
	since := f.since
	f.mu.Unlock()
	resp, err := f.glance(ctx, since)
	if err != nil && statusOf(err) == 0 && !errors.Is(err, errWoken) && pause(ctx, f.times.Retry) == nil {
		resp, err = f.glance(ctx, since)
	}
	switch {
	case ctx.Err() != nil || errors.Is(err, errWoken):
	case err != nil && (statusOf(err) == 0 || refusesUs(err)):
		f.cancel(f.refusal("sync", err))
	case definite(err):
		since = ""
	case err == nil:
		since = resp.NextBatch
	}
	f.mu.Lock()
	f.since, f.looked, f.busy = since, time.Now(), false
	if err == nil && !resp.quiet() {
		f.peeked = append(f.peeked, resp)
		f.peeked = f.peeked[max(0, len(f.peeked)-peekedMost):]
		f.sub.Wake()
	}
	f.mu.Unlock()
}

// glance asks once, again if our presence has changed meanwhile.
func (f *ghostFeed) glance(ctx context.Context, since string) (resp *syncResponse, err error) {
	for range 3 {
		resp, err = f.ask(ctx, mautrix.ReqSync{Since: since, FilterID: peekFilter}, f.times.Request)
		if !errors.Is(err, errWoken) {
			break
		}
	}
	return resp, err
}

// seen is what a peek has brought, as far as it is not pushed anyway.
func (f *ghostFeed) seen(since string) *syncResponse {
	for {
		f.mu.Lock()
		if len(f.peeked) == 0 {
			f.mu.Unlock()
			return nil
		}
		seen := f.peeked[0]
		f.peeked = f.peeked[1:]
		f.mu.Unlock()
		resp := f.loose(seen)
		if resp.NextBatch = since; !resp.quiet() {
			return resp
		}
	}
}

// loose is what is not kept of an answer to /sync, and invitations from elsewhere, which not every
// homeserver pushes (Dendrite does not).
func (f *ghostFeed) loose(seen *syncResponse) *syncResponse {
	d := divider{part: part{rooms: map[string]*roomPart{}, presence: seen.Presence.Events}}
	for id, raw := range seen.Rooms.Join {
		var data joinedRoom
		lenient(raw, &data)
		if f.inside[id] && len(data.Ephemeral.Events) > 0 {
			d.rooms[id] = &roomPart{loose: data.Ephemeral.Events}
		}
	}
	resp := d.part.response(f.Conn)
	for id, raw := range seen.Rooms.Invite {
		inv, ok := f.parseInvite(id, raw)
		if ok && !f.inside[id] && serverOf(inv.From) != serverOf(f.me) {
			resp.Rooms.Invite[id] = raw
		}
	}
	return resp
}
