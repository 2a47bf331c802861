package matrix

import "msnbridge/bridge"

// roomContacts lists the rooms that are new as contacts, or are not as they were told, and takes
// back those that have become direct chats. Conn.mu is held.
func (c *Conn) roomContacts(b *batch) []bridge.Contact {
	rooms := b.rooms
	if b.looked = c.lookAgain(); b.looked || b.regroup {
		rooms = c.rooms.all()
	}
	var found []bridge.Contact
	for _, r := range rooms {
		told, known := c.told[r.id]
		if !c.rooms.isContact(r) {
			if known {
				b.stray = append(b.stray, r.id)
				b.add(c.rooms.away(r))
			}
			continue
		}
		if !known && c.creating > 0 {
			c.unlooked = true // it may be the direct chat
			continue
		}
		contact := c.rooms.contact(r)
		if told.Active = contact.Active; !known || told != contact {
			found = append(found, contact)
		}
	}
	return found
}

// isContact tells whether a room is a contact of its own: one to talk in that is no direct chat, nor
// what is left of one, nor replaced by another.
func (m *model) isContact(r *room) bool {
	return m.rooms[r.id] == r && !r.unread && r.isRoom() && m.partner(r) == "" && !(m.candidate(r.id) && len(r.members) == 0) &&
		!m.doubted[r.id] && m.successor(r) == nil
}

// away says that a room is no contact any more: one talks elsewhere, or it is a direct chat.
func (m *model) away(r *room) bridge.Event {
	if s := m.successor(r); s != nil && m.isContact(s) {
		return bridge.Moved{Old: addr(r.id), New: m.contact(s)}
	}
	return bridge.RoomLeft{Room: addr(r.id)}
}

// contact describes a room.
func (m *model) contact(r *room) bridge.Contact {
	name := r.title()
	if !r.synced {
		name = ""
	}
	return bridge.Contact{
		Addr: addr(r.id), Name: name, Active: r.active / 1000,
		Favourite: r.favourite, Group: m.group(r),
	}
}

// all lists the rooms.
func (m *model) all() []*room {
	all := make([]*room, 0, len(m.rooms))
	for _, r := range m.rooms {
		all = append(all, r)
	}
	return all
}

// regroups tells whether an event may change how rooms belong to spaces or replace each other.
func regroups(r *room, e *anEvent) bool {
	return e.Type == typeChild || e.Type == typeCreate || e.Type == typeTombstone || r.kind == typeSpace && (e.Type == typeName || e.Type == typeAlias)
}

// tags takes in what the user has marked a room with (client-server API, 11.20).
func (c *Conn) tags(r *room, data *joinedRoom) {
	for _, raw := range data.AccountData.Events {
		e, ok := parseEvent(raw)
		var content struct {
			Tags map[string]any `json:"tags"`
		}
		if !ok || e.Type != typeTag || !lenient(e.Content, &content) {
			c.passOver("room account data", r.id)
			continue
		}
		c.mu.Lock()
		_, r.favourite = content.Tags["m.favourite"]
		c.mu.Unlock()
	}
}
