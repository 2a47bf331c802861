package matrix

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	backAtOnce = 4                // rooms that are read back at a time
	backTime   = 10 * time.Second // for all rooms of an answer to /sync
)

// isBehind tells whether a room has to be read back before its events are told: what /sync has left
// out is wanted, as somebody may look at it. Direct chats are read back at once, whatever it takes.
func (c *Conn) isBehind(j *joined, p purpose) bool {
	if j.who != "" || j.room.fresh && p != afresh || p == beginning || !j.data.Timeline.Limited {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	id := j.room.id
	return !c.standings.named || c.standings.watched[id] != nil || c.rosters[id] != nil
}

// readBack tells of the rooms that are behind. They are read back as far as is useful, a few at a
// time: what cannot be had soon is left out, so that nobody waits for it.
func (c *Conn) readBack(ctx context.Context, b *batch) error {
	limit, cancel := context.WithTimeout(ctx, backTime)
	defer cancel()
	rooms := b.behind
	b.behind = nil
	for len(rooms) > 0 {
		some := rooms[:min(len(rooms), backAtOnce)]
		rooms = rooms[len(some):]
		for i, older := range c.pagesBefore(limit, some, b) {
			if err := c.tellEvents(ctx, b, some[i], older, b.purpose); err != nil {
				return err
			}
			if b.purpose == news {
				c.ephemeral(ctx, b, some[i])
			}
		}
	}
	return nil
}

// pagesBefore asks for what came before the timelines of a few rooms; the oldest events first.
func (c *Conn) pagesBefore(ctx context.Context, rooms []*joined, b *batch) [][]anEvent {
	pages := make([][]anEvent, len(rooms))
	var asked sync.WaitGroup
	for i, j := range rooms {
		asked.Go(func() { pages[i] = c.pageBefore(ctx, j, b) })
	}
	asked.Wait()
	return pages
}

func (c *Conn) pageBefore(ctx context.Context, j *joined, b *batch) []anEvent {
	from := j.data.Timeline.PrevBatch
	if from == "" || ctx.Err() != nil || !c.reachesBack(j, b.purpose) {
		return nil
	}
	resp, err := c.api.messages(ctx, j.room.id, from, b.since, gapFilter, gapPage)
	if err != nil {
		c.log.Debug("matrix room not read back", slog.String("room", j.room.id), slog.String("reason", brief(err)))
		return nil
	}
	c.learnNames(j, resp)
	evs := c.parseEvents(resp.Chunk, j.room.id)
	return reversed(evs[:c.untilKnown(j, b.purpose, evs)])
}

// learnNames takes in what those are called who have said what was read back. They need not be in
// the room any more.
func (c *Conn) learnNames(j *joined, resp *messagesResponse) {
	for _, raw := range resp.State {
		e, ok := parseRoomEvent(raw)
		var m memberContent
		if !ok || e.Type != typeMember || e.StateKey == nil || !validUser(*e.StateKey) || !lenient(e.Content, &m) {
			continue
		}
		c.mu.Lock()
		if name := cleanName(m.Name); name != "" && !j.room.knows(*e.StateKey) {
			j.formerly(*e.StateKey, name)
		}
		c.mu.Unlock()
	}
}

// formerly notes what somebody is called who may not be in the room any more.
func (j *joined) formerly(who, name string) {
	if j.names == nil {
		j.names = map[string]string{}
	}
	if len(j.names) < maxNames {
		j.names[who] = name
	}
}

// gapFilter is what is wanted of a room that is read back.
var gapFilter = messagesFilter("", slices.Concat(roomTypes, stateTypes)...)
