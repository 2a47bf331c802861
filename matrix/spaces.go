package matrix

import (
	"cmp"
	"strconv"
)

// How many rooms of a space are looked at, and of all of them.
const (
	maxChildren    = 2000
	maxAllChildren = 20000
)

// A creation is what a room's m.room.create says, whose type is empty in rooms to talk in
// (client-server API, 11.3: room types).
type creation struct {
	Type        any      `json:"type"`
	Version     string   `json:"room_version"`
	Creators    []string `json:"additional_creators"`
	Predecessor struct {
		Room string `json:"room_id"`
	} `json:"predecessor"`
}

// kind is what kind of room it is.
func (c *creation) kind() string {
	kind, _ := c.Type.(string)
	if c.Type != nil && kind == "" {
		return "?"
	}
	return cut(kind, maxName)
}

// created notes what kind of room it is, and by whom it was made.
func (m *model) created(r *room, e *anEvent, _ bool) bool {
	var c creation
	ok := lenient(e.Content, &c)
	r.kind, r.predecessor = c.kind(), ""
	if validRoom(c.Predecessor.Room) {
		r.predecessor = c.Predecessor.Room
	}
	version, err := strconv.Atoi(c.Version)
	r.powers.supreme = err == nil && version >= 12
	r.powers.creators = append([]string{e.Sender}, validUsers(c.Creators, maxExcept)...)
	delete(m.spaces, r.id)
	if r.kind == typeSpace {
		m.spaces[r.id] = r
	}
	return ok
}

// child notes what a space lists. A child that names no servers is none any more (client-server
// API, 11.36.2).
func (m *model) child(r *room, e *anEvent, _ bool) bool {
	var c struct {
		Via []string `json:"via"`
	}
	ok := lenient(e.Content, &c) && validRoom(*e.StateKey)
	id := *e.StateKey
	switch {
	case (!ok || len(c.Via) == 0) && r.children[id]:
		delete(r.children, id)
		m.children--
	case ok && len(c.Via) > 0 && !r.children[id] && len(r.children) < maxChildren && m.children < maxAllChildren:
		if r.children == nil {
			r.children = map[string]bool{}
		}
		r.children[id] = true
		m.children++
	}
	return ok
}

// group is the name of the space that lists a room; of several the first by name.
func (m *model) group(r *room) string {
	var found *room
	name := ""
	for id, space := range m.spaces {
		if !space.children[r.id] || id == r.id {
			continue
		}
		n := orSo(space.name, space.alias)
		if found == nil || cmp.Or(cmp.Compare(n, name), cmp.Compare(id, found.id)) < 0 {
			found, name = space, n
		}
	}
	return name
}
