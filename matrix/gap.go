package matrix

import (
	"context"
	"log/slog"
	"slices"
)

// maxGap is how many events of a direct chat are fetched when /sync has left some out.
const maxGap = 1000

const gapPage = 100

// gap reads a direct chat back from its timeline in /sync to the last event that was handed over. note
// says what is missing.
func (c *Conn) gap(ctx context.Context, j *joined, p purpose, since string) (older []anEvent, note string, err error) {
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
		resp, err := c.api.messages(ctx, room, from, to, gapFilter, gapPage)
		wait := retryAfter(err)
		if wait == 0 {
			return resp, err
		}
		if err := pause(ctx, max(wait, c.times.Retry)); err != nil {
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
		return seen || e.Time < c.earliest(p) || j.room.fresh && isOurs(&e, c.me, "invite")
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
