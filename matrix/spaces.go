package matrix

import "cmp"

// maxChildren is how many rooms of a space are looked at.
const maxChildren = 2000

// created notes what kind of room it is (client-server API, 11.3: room types).
func (m *model) created(r *room, e *anEvent, _ bool) bool {
	var c struct {
		Type any `json:"type"`
	}
	ok := lenient(e.Content, &c)
	r.kind, _ = c.Type.(string)
	if c.Type != nil && r.kind == "" {
		r.kind = "?"
	}
	r.kind = cut(r.kind, maxName)
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
	switch {
	case !ok || len(c.Via) == 0:
		delete(r.children, *e.StateKey)
	case len(r.children) < maxChildren:
		if r.children == nil {
			r.children = map[string]bool{}
		}
		r.children[*e.StateKey] = true
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
		n := space.name
		if found == nil || cmp.Or(cmp.Compare(n, name), cmp.Compare(id, found.id)) < 0 {
			found, name = space, n
		}
	}
	return name
}
