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

// setBehind takes out the conversations that have to be read back first, and returns the others. All
// direct chats with one person stay together.
func (c *Conn) setBehind(b *batch, chats []*joined) (now []*joined) {
	behind := map[string]bool{}
	for _, j := range chats {
		if j.who != "" && b.isCut(j) {
			behind[j.who] = true
		}
	}
	for _, j := range chats {
		switch {
		case behind[j.who]:
			b.chats = append(b.chats, j)
		case j.who == "" && c.isBehind(b, j):
			b.groups = append(b.groups, j)
		default:
			now = append(now, j)
		}
	}
	return now
}

// isCut tells whether /sync may have left something out of a conversation.
func (b *batch) isCut(j *joined) bool { return j.data.Timeline.Limited || b.purpose == afresh }

// isBehind tells whether what /sync has left out of a room is wanted: somebody may look at it.
func (c *Conn) isBehind(b *batch, j *joined) bool {
	if !b.isCut(j) || b.purpose == beginning || j.room.fresh && b.purpose != afresh {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	id := j.room.id
	return !c.standings.named || c.standings.watched[id] != nil || c.rosters[id] != nil
}

// readChats tells of the direct chats that are behind, whatever it takes.
func (c *Conn) readChats(ctx context.Context, b *batch) error {
	if err := c.inOrder(ctx, b, b.chats); err != nil {
		return err
	}
	c.ephemerals(ctx, b, b.chats)
	return nil
}

// readGroups tells of the rooms that are behind. They are read back as far as is useful, a few at a
// time: what cannot be had soon is left out, so that nobody waits for it.
func (c *Conn) readGroups(ctx context.Context, b *batch) error {
	limit, cancel := context.WithTimeout(ctx, backTime)
	defer cancel()
	for some := range slices.Chunk(b.groups, backAtOnce) {
		for i, older := range c.pagesBefore(limit, some, b) {
			if err := c.tellEvents(ctx, b, some[i], older, b.purpose); err != nil {
				return err
			}
		}
		c.ephemerals(ctx, b, some)
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
