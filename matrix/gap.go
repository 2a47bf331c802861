package matrix

import (
	"context"
	"slices"
)

const (
	maxGap  = 1000 // events of a direct chat that are read back at most
	gapPage = 100  // events of a request
	gapAsks = 30   // requests; of other rooms there is one

	maxBack   = 4 << 20 // bytes of a room that are read back
	backTries = 6       // of a request, but for rate limits

	backAtOnce = 4 // requests under way
)

// isCut tells whether there may be events before those of a timeline that were not handed over and
// are wanted. Afresh, also the timeline may have what was: that is taken off.
func (c *Conn) isCut(ctx context.Context, j *joined) (bool, error) {
	if !j.data.Timeline.Limited && j.purpose != afresh || j.who == "" && !c.isWanted(j) {
		return false, nil
	}
	if j.purpose == afresh {
		if err := c.recallLast(ctx, j); err != nil {
			return false, err
		}
		if c.dropSeen(j) {
			return false, nil
		}
	}
	return j.data.Timeline.Limited && c.reachesBack(j), nil
}

// isWanted tells whether what /sync has left out of a room is wanted: somebody may look at it.
func (c *Conn) isWanted(j *joined) bool {
	if j.purpose == beginning || j.fresh && j.purpose != afresh {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	id := j.room.id
	return !c.standings.named || c.standings.watched[id] != nil || c.rosters[id] != nil
}

// dropSeen takes off the timeline what was handed over before, and tells whether there was any.
func (c *Conn) dropSeen(j *joined) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := len(j.events) - 1; i >= 0; i-- {
		if _, seen := j.room.seen(j.events[i].ID); seen {
			j.events = j.events[i+1:]
			return true
		}
	}
	return false
}

// reachesBack tells whether there may be events before those of the timeline that are wanted.
func (c *Conn) reachesBack(j *joined) bool {
	if len(j.events) == 0 {
		return j.purpose != beginning
	}
	return j.events[0].Time >= c.earliest(j.purpose)
}

// pages reads a room back from a place to another, or to the last event that was handed over; left
// says that there is more. What has been read is returned with an error too.
func (c *Conn) pages(ctx context.Context, j *joined, from, to string, requests int) (older []anEvent, left bool, err error) {
	size := 0
	for asked := 0; from != ""; asked++ {
		if asked == requests || len(older) >= maxGap || size > maxBack {
			left = true
			break
		}
		var resp *messagesResponse
		if resp, err = c.page(ctx, j.room.id, from, to); err != nil {
			break
		}
		c.learnNames(j, resp)
		evs := c.parseEvents(resp.Chunk, j.room.id)
		known := c.untilKnown(j, evs)
		for _, e := range evs[:known] {
			size += len(e.raw)
		}
		older = append(older, evs[:known]...)
		if known < len(evs) || resp.End == from || len(resp.Chunk) == 0 {
			break
		}
		from = resp.End
	}
	if len(older) > maxGap {
		older, left = older[:maxGap], true
	}
	slices.Reverse(older)
	return older, left, err
}

// page reads a page back. It waits as often as the homeserver wants, in which time other rooms are
// read.
func (c *Conn) page(ctx context.Context, room, from, to string) (resp *messagesResponse, err error) {
	failures := 0
	err = c.api.try(ctx, func() error {
		select {
		case c.reading <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		resp, err = c.api.messages(ctx, room, from, to, gapFilter, gapPage)
		<-c.reading
		if err != nil && retryAfter(err) == 0 {
			failures++
		}
		if failures == backTries {
			return final{err}
		}
		return err
	})
	return resp, err
}

// untilKnown is how many of the events, the newest first, come after all that is known or too old.
func (c *Conn) untilKnown(j *joined, evs []anEvent) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := slices.IndexFunc(evs, func(e anEvent) bool {
		_, seen := j.room.seen(e.ID)
		return seen || e.Time < c.earliest(j.purpose) || j.fresh && isOurs(&e, c.me, "invite")
	})
	if n < 0 {
		return len(evs)
	}
	return n
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
