package matrix

import (
	"cmp"
	"encoding/json"
	"slices"
)

// Limits of what is kept about rooms.
const (
	maxMembers = 8    // people in a room beyond whom it is a crowd, and never a direct chat
	maxNames   = 200  // people in a room whose names are remembered
	maxRecent  = 64   // events of a room remembered
	maxOwn     = 2000 // rooms of our own record
)

// A model is what we know of the account's joined rooms. It is guarded by Conn.mu.
type model struct {
	me       string
	name     string // what we were called last, to have it once for all rooms
	rooms    map[string]*room
	spaces   map[string]*room // those of rooms that are spaces
	children int              // that they list, all together
	doubted  map[string]bool  // rooms that were entered to follow an upgrade, and may turn out to be none

	listed map[string][]string // by room: whom m.direct names it for
	own    map[string]string   // by room: who invited us to a direct chat there, or for whom we made it
}

// A room is one that the account has joined.
type room struct {
	id        string
	kind      string // type of its m.room.create; empty: one to talk in
	name      string // m.room.name
	topic     string // m.room.topic, on one line
	alias     string // the canonical one
	aliased   bool   // it has that or another
	encrypted bool
	favourite bool
	children  map[string]bool // of a space: the rooms that it lists
	ownName   string          // what we are called in it
	powers    powers

	predecessor string // the room that it says to replace
	replacement string // the room that is said to replace it
	movedBy     string // who says so

	crowd   bool
	members map[string]member // joined or invited, without us; not all if there are many
	heroes  []string          // in whose names the room goes, should it have none of its own
	count   int               // how many have joined or are invited, with us; -1: not known
	joined  int               // how many have joined; -1: not known
	active  int64             // time of the last message, in milliseconds

	synced    bool // /sync has told what it is: Dendrite may tell what it is tagged with before
	completed bool // its whole state was asked for
	unread    bool // its state is not known at all

	fresh  bool        // joined since the last events that were handed over
	who    string      // whom it was a direct chat with then
	recent []seenEvent // handed over, the newest last
}

// isRoom tells whether the room is one to talk in, and no space, call or list.
func (r *room) isRoom() bool { return r.kind == "" }

// A seenEvent is an event that was handed over to the account.
type seenEvent struct {
	id   string
	time int64
}

func newModel(me string) *model {
	return &model{
		me: me, rooms: map[string]*room{}, spaces: map[string]*room{}, doubted: map[string]bool{},
		listed: map[string][]string{}, own: map[string]string{},
	}
}

// join returns the room, which is fresh if we did not know that we are in it.
func (m *model) join(id string) *room {
	r := m.rooms[id]
	if r == nil {
		r = &room{id: id, members: map[string]member{}, count: -1, joined: -1, fresh: true}
		m.rooms[id] = r
	}
	return r
}

// leave forgets a room.
func (m *model) leave(id string) {
	if r := m.rooms[id]; r != nil {
		m.children -= len(r.children)
	}
	delete(m.rooms, id)
	delete(m.spaces, id)
}

// partner is the person whom the room is a direct chat with: one for whom it is listed or whose
// invitation it was, and who is the only other one in it. Rooms with a name or an alias have none.
func (m *model) partner(r *room) string {
	if r.name != "" || r.aliased || r.crowd || !r.isRoom() || len(r.members) != 1 || r.count > 2 || m.successor(r) != nil {
		return ""
	}
	for who := range r.members {
		if m.own[r.id] == who || slices.Contains(m.listed[r.id], who) {
			return who
		}
	}
	return ""
}

// candidate tells whether the room is a direct chat if the people in it are the right ones.
func (m *model) candidate(id string) bool { return m.own[id] != "" || len(m.listed[id]) > 0 }

// unknown lists the rooms that are listed for a person but that we do not know to be in.
func (m *model) unknown(who string) []string {
	var found []string
	for id, people := range m.listed {
		if m.rooms[id] == nil && slices.Contains(people, who) {
			found = append(found, id)
		}
	}
	slices.Sort(found)
	return found
}

// lacks tells whether a room may be a direct chat but the homeserver did not name its people.
func (m *model) lacks(r *room) bool {
	return r.unread || !r.completed && len(r.members) == 0 && r.count != 1 && r.name == "" && !r.aliased && m.candidate(r.id)
}

// incomplete lists the rooms that may be direct chats with a person and lack something.
func (m *model) incomplete(who string) []*room {
	var found []*room
	for id, r := range m.rooms {
		if (m.own[id] == who || slices.Contains(m.listed[id], who)) && m.lacks(r) {
			found = append(found, r)
		}
	}
	return found
}

// direct lists the rooms that are direct chats, by person; each person's most recently active first.
func (m *model) direct() map[string][]*room {
	found := map[string][]*room{}
	for _, r := range m.rooms {
		if !m.candidate(r.id) {
			continue
		}
		if who := m.partner(r); who != "" {
			found[who] = append(found[who], r)
		}
	}
	for _, rs := range found {
		slices.SortFunc(rs, byActivity)
	}
	return found
}

// with lists the direct chats with one person, the most recently active first.
func (m *model) with(who string) []*room {
	var found []*room
	for _, r := range m.rooms {
		if m.partner(r) == who {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, byActivity)
	return found
}

func byActivity(a, b *room) int {
	return cmp.Or(cmp.Compare(b.active, a.active), cmp.Compare(a.id, b.id))
}

// remember notes events that were handed over.
func (r *room) remember(evs []seenEvent) {
	r.recent = append(r.recent, evs...)
	if over := len(r.recent) - maxRecent; over > 0 {
		r.recent = slices.Delete(r.recent, 0, over)
	}
}

// seen finds an event that was handed over.
func (r *room) seen(id string) (seenEvent, bool) {
	for _, e := range r.recent {
		if e.id == id {
			return e, true
		}
	}
	return seenEvent{}, false
}

// list takes in m.direct (client-server API, 11.11.1): user IDs with lists of their rooms.
func (m *model) list(raw json.RawMessage) bool {
	var byUser map[string]json.RawMessage
	if json.Unmarshal(raw, &byUser) != nil || byUser == nil {
		return false
	}
	m.listed = map[string][]string{}
	for who, rooms := range byUser {
		var ids []string
		if !validUser(who) || who == m.me || json.Unmarshal(rooms, &ids) != nil {
			continue
		}
		for _, id := range ids {
			if validRoom(id) && !slices.Contains(m.listed[id], who) {
				m.listed[id] = append(m.listed[id], who)
			}
		}
	}
	return true
}
