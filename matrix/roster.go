package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"maunium.net/go/mautrix"

	"msnbridge/bridge"
)

// maxShown is how many people of one window are remembered as shown.
const maxShown = 1000

// A roster is who a window shows to be in a room. It is guarded by Conn.mu.
type roster struct {
	most  int             // of a room with more members only those are shown who speak
	shown map[string]bool // who is shown, or has spoken

	crowded bool // there are more than that, so that not all are shown

	// While the homeserver is asked who is there: what has changed since.
	asking  bool
	changed map[string]change
}

// A change is that somebody has come, or gone, or has another name.
type change struct {
	in   bool
	name string // as it is told, not yet told apart from others
}

// Roster tells who is in a room, if there are not too many, and the topic; and from then on who
// comes and goes.
func (c *Conn) Roster(ctx context.Context, room bridge.Addr, most int) error {
	if err := c.alive(); err != nil {
		return err
	}
	if !isRoom(room) {
		return errors.ErrUnsupported
	}
	if most <= 0 {
		c.mu.Lock()
		c.closeRoster(room.ID)
		c.mu.Unlock()
		return nil
	}
	if err := c.somebody(room); err != nil {
		return err
	}
	ctx, stop := c.during(ctx)
	defer stop()
	evs, err := c.openRoster(ctx, room.ID, most)
	if err == nil {
		err = c.tellRoster(ctx, room.ID, evs...)
	}
	if err != nil {
		c.mu.Lock()
		c.closeRoster(room.ID)
		c.mu.Unlock()
	}
	return err
}

// change notes what happens while the homeserver is asked who is there.
func (w *roster) change(who string, ch change) {
	if len(w.changed) < maxShown {
		w.changed[who] = ch
	}
}

// closeRoster: nobody looks at a room any more. Conn.mu is held.
func (c *Conn) closeRoster(room string) {
	delete(c.rosters, room)
	maps.DeleteFunc(c.typists, func(key typistKey, t typist) bool { return key.room == room && t.event.Chat == addr(room) })
}

// openRoster begins to note changes, and returns what else whoever opens a window should know.
func (c *Conn) openRoster(ctx context.Context, room string, most int) ([]bridge.Event, error) {
	c.mu.Lock()
	c.rosters[room] = &roster{most: most, shown: map[string]bool{}, asking: true, changed: map[string]change{}}
	c.mu.Unlock()
	topic, err := c.topic(ctx, room)
	if err != nil || topic == "" {
		return nil, err
	}
	return []bridge.Event{bridge.Remark{Chat: addr(room), Text: topic}}, nil
}

// tellRoster asks who is there, and tells it whole. More events follow.
func (c *Conn) tellRoster(ctx context.Context, room string, more ...bridge.Event) error {
	var members map[string]string
	if c.few(room) {
		var err error
		if members, err = c.members(ctx, room); err != nil {
			return err
		}
	}
	return c.emitWith(ctx, func() []bridge.Event {
		whole := c.rosterNow(room, members)
		if whole == nil {
			return nil
		}
		return append([]bridge.Event{*whole}, more...)
	})
}

// few tells whether a room has no more members than its window shows.
func (c *Conn) few(room string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, w := c.rooms.rooms[room], c.rosters[room]
	return r != nil && w != nil && r.membersAtLeast() <= w.most
}

// membersAtLeast is how many others have joined, as far as we know.
func (r *room) membersAtLeast() int {
	if r.joined >= 0 {
		return r.joined - 1
	}
	return len(r.members)
}

// members asks who is in a room.
func (c *Conn) members(ctx context.Context, room string) (map[string]string, error) {
	var members map[string]string
	err := c.api.try(ctx, func() error {
		var err error
		members, err = c.api.members(ctx, room)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ask who is in a room: %s", brief(err))
	}
	delete(members, c.me)
	return members, nil
}

// rosterNow is who is in a room: these members, and what has changed since; nobody if there are too
// many. nil: it is not asked for any more. Conn.mu is held.
func (c *Conn) rosterNow(room string, members map[string]string) *bridge.RosterChanged {
	w, r := c.rosters[room], c.rooms.rooms[room]
	if w == nil || r == nil {
		return nil
	}
	now := map[string]string{}
	for who, name := range members {
		now[who] = cleanName(name)
	}
	for who, ch := range w.changed {
		if delete(now, who); ch.in && members != nil {
			now[who] = ch.name
		}
	}
	w.asking, w.changed, w.shown = false, nil, map[string]bool{}
	whole := &bridge.RosterChanged{Room: addr(room), Whole: true}
	if w.crowded = members == nil || len(now) > w.most; w.crowded {
		return whole
	}
	bearers := map[string]int{}
	for who, name := range now {
		bearers[name]++
		r.setName(who, name)
	}
	for who, name := range now {
		w.shown[who] = true
		whole.Joined = append(whole.Joined, bridge.Contact{Addr: addr(who), Name: display(who, name, bearers[name] > 1)})
	}
	return whole
}

// members asks who has joined a room, and what they are called.
func (a *api) members(ctx context.Context, room string) (map[string]string, error) {
	body, err := a.request(ctx, http.MethodGet, mautrix.ClientURLPath{"v3", "rooms", room, "joined_members"}, nil, nil)
	if err != nil {
		return nil, err
	}
	var resp struct {
		Joined map[string]json.RawMessage `json:"joined"`
	}
	if !lenient(body, &resp) {
		return nil, final{errors.New("the answer makes no sense")}
	}
	members := map[string]string{}
	for who, raw := range resp.Joined {
		var m struct {
			Name string `json:"display_name"`
		}
		if lenient(raw, &m); validUser(who) {
			members[who] = m.Name
		}
	}
	return members, nil
}

// topic is the topic of a room, as a line for people.
func (c *Conn) topic(ctx context.Context, room string) (string, error) {
	var content struct {
		Topic string `json:"topic"`
	}
	err := c.api.try(ctx, func() error {
		body, err := c.api.state(ctx, room, typeTopic, "")
		lenient(body, &content)
		return err
	})
	if err != nil && !definite(err) {
		return "", fmt.Errorf("ask for the topic: %s", brief(err))
	}
	if topic := cleanLine(content.Topic, maxTopic); topic != "" {
		return "Topic: " + topic, nil
	}
	return "", nil
}

// maxTopic is how many characters of a topic are shown.
const maxTopic = 1000
