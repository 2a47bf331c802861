package matrix

import (
	"context"
	"slices"
	"strings"
)

// stateEntering, and a room, is kept from before the ghost enters it until the event by which it has
// done so has been told.
const stateEntering = "entering/"

// approach is called before a room is entered.
func (c *Conn) approach(ctx context.Context, room string) error {
	if c.ghosts == nil {
		return nil
	}
	if err := c.ghosts.service.Pace(ctx); err != nil {
		return err
	}
	return c.login.State.Put(ctx, stateEntering+room, []byte("1"))
}

// arrived is called when a room has been entered or made. A homeserver that could not push for a
// while tells of it late.
func (c *Conn) arrived(room string) {
	f, ok := c.feed.(*ghostFeed)
	if !ok {
		return
	}
	f.mu.Lock()
	f.came = append(f.came, room)
	f.mu.Unlock()
	f.sub.Wake()
}

// arrivals are the rooms that the ghost has come into and that nothing was pushed of yet.
func (f *ghostFeed) arrivals(since string) *syncResponse {
	f.mu.Lock()
	came := f.came
	f.came = nil
	f.mu.Unlock()
	p := part{rooms: map[string]*roomPart{}}
	for _, room := range came {
		if validRoom(room) && !f.inside[room] {
			f.inside[room], f.followed[room], f.early[room] = true, true, true
			p.rooms[room] = &roomPart{entered: true}
		}
	}
	if len(p.rooms) == 0 {
		return nil
	}
	f.followAll()
	resp := p.response(f.Conn)
	resp.NextBatch = since
	return resp
}

// cameAtLast takes in what was pushed of a room that was told early, up to the event by which the
// ghost has come.
func (f *ghostFeed) cameAtLast(e *anEvent, own bool) {
	if own && membershipOf(e.Content) == "join" {
		delete(f.early, e.Room)
		f.entered = append(f.entered, e.Room)
	}
}

// gone notes that the ghost is out of a room.
func (f *ghostFeed) gone(room string) {
	delete(f.inside, room)
	delete(f.followed, room)
	delete(f.early, room)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.came = slices.DeleteFunc(f.came, func(id string) bool { return id == room })
}

// entering is which rooms the ghost was entering when the connection before ended: what was said
// there before it came may not have been told. What is kept of others is forgotten.
func (f *ghostFeed) entering(ctx context.Context, resp *syncResponse) (map[string]bool, error) {
	keys, err := f.login.State.Keys(ctx, stateEntering)
	rooms := map[string]bool{}
	for _, key := range keys {
		room := strings.TrimPrefix(key, stateEntering)
		if rooms[room] = true; resp.Rooms.Join[room] == nil {
			f.entered = append(f.entered, room)
		}
	}
	return rooms, err
}

// haveEntered forgets which rooms were being entered, once that has been taken.
func (f *ghostFeed) haveEntered() error {
	for _, room := range f.entered {
		if err := f.login.State.Delete(f.ctx, stateEntering+room); err != nil {
			return err
		}
	}
	f.entered = nil
	return nil
}
