package matrix

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"msnbridge/bridge"
)

const (
	stateMoved  = "moved/" // prefix, and a room: the replacement that is none
	maxUpgrades = 10       // that one room is followed through
	maxFollowed = 200      // rooms that wait to be followed

	followedAtOnce = 4
	followTime     = 10 * time.Minute // in which a room is entered or not
)

// upgrades is how far rooms are followed that were replaced by others. It is guarded by Conn.mu.
type upgrades struct {
	queue []string        // rooms to be followed
	busy  int             // goroutines that do so
	tried map[string]bool // rooms that were followed, or could not be, with this connection
	hops  map[string]int  // by room: how many upgrades have led there
}

func newUpgrades() upgrades {
	return upgrades{tried: map[string]bool{}, hops: map[string]int{}}
}

// tombstone notes that a room was replaced by another (client-server API, 11.33).
func (m *model) tombstone(r *room, e *anEvent, _ bool) bool {
	var c struct {
		Replacement string `json:"replacement_room"`
	}
	ok := lenient(e.Content, &c)
	r.replacement, r.movedBy = "", e.Sender
	if validRoom(c.Replacement) && c.Replacement != r.id {
		r.replacement = c.Replacement
	}
	return ok
}

// successor is the room in which one talks instead, if we are in it: one that says itself that it
// replaces this one. Rooms that replace each other in a circle have none.
func (m *model) successor(r *room) *room {
	if r.replacement == "" {
		return nil
	}
	last, seen := r, map[string]bool{r.id: true}
	for range maxUpgrades {
		next := m.rooms[last.replacement]
		if next == nil || next.predecessor != last.id || m.doubted[next.id] {
			break
		}
		if seen[next.id] {
			return nil
		}
		seen[next.id] = true
		last = next
	}
	if last == r {
		return nil
	}
	return last
}

// replaced finds the room of ours that is to be replaced by another. Conn.mu is held.
func (m *model) replaced(by string) *room {
	for _, r := range m.rooms {
		if r.replacement == by && m.successor(r) == nil {
			return r
		}
	}
	return nil
}

// moved lists a room to be followed to the one that replaces it. Conn.mu is held.
func (c *Conn) moved(r *room) {
	u := &c.upgrades
	if r == nil || r.replacement == "" || u.tried[r.id] || len(u.queue) >= maxFollowed ||
		u.hops[r.id] >= maxUpgrades || c.rooms.rooms[r.replacement] != nil {
		return
	}
	u.tried[r.id] = true
	u.queue = append(u.queue, r.id)
	if u.busy < followedAtOnce && !c.ended {
		u.busy++
		c.helpers.Go(func() { c.followUpgrades(c.ctx) })
	}
}

// followRooms has rooms followed of which /sync has told. It may have told of their replacements too.
func (c *Conn) followRooms(rooms []*joined) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, j := range rooms {
		c.moved(j.room)
	}
}

// followWatched has the rooms on the list followed, and the direct chats. Conn.mu is held.
func (c *Conn) followWatched() {
	for id, r := range c.rooms.rooms {
		if r.replacement != "" && (c.standings.watched[id] != nil || c.rooms.partner(r) != "") {
			c.moved(r)
		}
	}
}

// followUpgrades follows rooms one after another.
func (c *Conn) followUpgrades(ctx context.Context) {
	for {
		c.mu.Lock()
		u := &c.upgrades
		if len(u.queue) == 0 || ctx.Err() != nil {
			u.busy--
			c.mu.Unlock()
			return
		}
		room := u.queue[0]
		u.queue = u.queue[1:]
		c.mu.Unlock()
		if err := c.followUpgrade(ctx, room); err != nil && ctx.Err() == nil {
			c.log.Info("matrix room upgrade not followed", slog.String("room", room), slog.String("reason", brief(err)))
		}
	}
}

// followUpgrade enters the room that replaces another, through a server of those who say so, and
// stays if that says the same.
func (c *Conn) followUpgrade(ctx context.Context, old string) error {
	c.mu.Lock()
	r := c.rooms.rooms[old]
	if r == nil || r.replacement == "" || c.rooms.rooms[r.replacement] != nil {
		c.mu.Unlock()
		return nil
	}
	to, via, who := r.replacement, validServers([]string{serverOf(r.movedBy)}), orSo(c.rooms.partner(r), r.who)
	c.rooms.doubted[to] = true
	c.upgrades.hops[to] = c.upgrades.hops[old] + 1
	c.mu.Unlock()
	doubt, err := c.enterReplacement(ctx, old, to, via, who)
	if !doubt {
		c.trust(to)
	}
	return err
}

// enterReplacement enters a room; doubt remains if it is no replacement of the old one.
func (c *Conn) enterReplacement(ctx context.Context, old, to string, via []string, who string) (doubt bool, err error) {
	refused, err := c.login.State.Get(ctx, stateMoved+old)
	if err != nil || string(refused) == to {
		return false, err
	}
	limit, cancel := context.WithTimeout(ctx, followTime)
	defer cancel()
	if err := c.approach(limit, to); err != nil {
		return false, err
	}
	if err := c.api.try(limit, func() error { return c.api.enter(limit, "join", to, via) }); err != nil {
		return false, err
	}
	c.arrived(to)
	created, err := c.creation(ctx, to)
	if err != nil && !definite(err) {
		return true, err
	}
	if created.Predecessor.Room != old {
		return true, c.retreat(ctx, old, to)
	}
	if who != "" {
		return false, c.adopt(ctx, to, who)
	}
	return false, nil
}

// trust ends the doubt about a room, and tells of it if that matters.
func (c *Conn) trust(room string) {
	c.mu.Lock()
	delete(c.rooms.doubted, room)
	r := c.rooms.rooms[room]
	if r != nil {
		c.moved(r)
	}
	c.mu.Unlock()
	if r == nil {
		return // /sync will tell of it, or we are not in it
	}
	if err := c.retell(c.ctx); err != nil && c.ctx.Err() == nil {
		c.log.Warn("matrix rooms not told of", slog.String("reason", brief(err)))
	}
}

// creation reads how a room was made.
func (c *Conn) creation(ctx context.Context, room string) (creation, error) {
	var created creation
	err := c.api.try(ctx, func() error {
		body, err := c.api.state(ctx, room, typeCreate, "")
		lenient(body, &created)
		return err
	})
	return created, err
}

// retreat leaves a room again that is no replacement of the one that names it.
func (c *Conn) retreat(ctx context.Context, old, room string) error {
	c.log.Info("matrix room upgrade without the proper predecessor", slog.String("room", old))
	if err := c.login.State.Put(ctx, stateMoved+old, []byte(room)); err != nil {
		return err
	}
	c.mu.Lock()
	c.rooms.leave(room)
	c.mu.Unlock()
	return c.api.try(ctx, func() error { return c.api.leave(ctx, room, "") })
}

// retell tells of all contacts that are not as they were told.
func (c *Conn) retell(ctx context.Context) error {
	var b *batch
	err := c.emitWith(ctx, func() []bridge.Event {
		b = newBatch()
		b.regroup = true
		c.listContacts(b)
		return b.evs
	})
	if err == nil {
		c.commit(b)
	}
	return err
}

// tombstoneNews says that a room is closed.
func (c *Conn) tombstoneNews(b *batch, j *joined, e *anEvent) {
	var content struct {
		Body string `json:"body"`
	}
	lenient(e.Content, &content)
	line := fmt.Sprintf("%s closed this room in favour of another", c.has(j, e.Sender))
	if body := cleanLine(content.Body, maxNote); body != "" {
		line += ": " + body
	}
	b.remark(j, "%s", line)
}
