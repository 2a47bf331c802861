package matrix

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"msnbridge/bridge"
)

// accountData takes in m.direct and the list of ignored people.
func (c *Conn) accountData(b *batch, resp *syncResponse) {
	for _, raw := range resp.AccountData.Events {
		e, ok := parseEvent(raw)
		if f := accountEvents[e.Type]; !ok || f != nil && !f(c, b, e.Content) {
			c.passOver("account data", e.Type)
		}
	}
}

// accountEvents is what account data does; false if it makes no sense.
var accountEvents = map[string]func(*Conn, *batch, json.RawMessage) bool{
	typeDirect:  (*Conn).directNews,
	typeIgnored: func(c *Conn, _ *batch, raw json.RawMessage) bool { return c.ignoredNews(raw) },
}

// directNews takes in m.direct.
func (c *Conn) directNews(b *batch, raw json.RawMessage) bool {
	c.mu.Lock()
	before := c.rooms.listed
	ok := c.rooms.list(raw)
	for room := range before {
		_, ours := c.marking[room]
		if _, own := c.rooms.own[room]; ok && own && !ours && len(c.rooms.listed[room]) == 0 {
			delete(c.rooms.own, room) // another client has made a room of it
			b.ownNew = true
		}
	}
	c.mu.Unlock()
	if ok {
		b.regroup = true
		c.checkMarks()
	}
	return ok
}

// joinedRooms takes the state of the rooms into the model.
func (c *Conn) joinedRooms(b *batch, resp *syncResponse) []*joined {
	var rooms []*joined
	for _, id := range slices.Sorted(maps.Keys(resp.Rooms.Join)) {
		data := &joinedRoom{}
		if !validRoom(id) || !lenient(resp.Rooms.Join[id], data) {
			c.passOver("room", id)
			continue
		}
		j := &joined{data: data, events: c.parseEvents(data.Timeline.Events, id), entered: resp.entered[id]}
		delete(resp.Rooms.Join, id) // it may be large
		c.updateRoom(b, j, id)
		rooms = append(rooms, j)
	}
	if b.purpose == news {
		c.followRooms(rooms)
	}
	return rooms
}

// chats returns the rooms that are conversations: direct chats, those that were until now or may turn
// out to be, and other rooms to talk in.
func (c *Conn) chats(b *batch, rooms []*joined) []*joined {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.learnedMore()
	var found []*joined
	for _, j := range rooms {
		b.rooms = append(b.rooms, j.room)
		if j.who = c.rooms.partner(j.room); j.gap != nil {
			j.who = orSo(j.who, j.gap.who)
		} else {
			j.purpose, j.fresh = b.purpose, j.room.fresh
		}
		j.who = orSo(j.who, j.room.who)
		j.chat, j.grown = addr(orSo(j.who, j.room.id)), c.rooms.isContact(j.room)
		if j.who != "" || j.grown || c.rooms.lacks(j.room) {
			found = append(found, j)
		}
	}
	return found
}

// complete asks for the state of a room whose people the homeserver has not named, until it is there
// or cannot be had. It should have named them (client-server API, 6.5.1), so there are few.
func (c *Conn) complete(ctx context.Context, r *room) error {
	c.mu.Lock()
	lacks := c.rooms.lacks(r)
	c.mu.Unlock()
	if !lacks {
		return nil
	}
	var state []json.RawMessage
	err := c.api.try(ctx, func() (err error) {
		state, err = c.api.roomState(ctx, r.id)
		return err
	})
	if err != nil && !definite(err) {
		return fmt.Errorf("read a room: %s", brief(err))
	}
	evs := c.parseEvents(state, r.id)
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range evs {
		c.rooms.apply(r, &evs[i], false)
	}
	r.completed = true
	if r.unread {
		r.unread, r.synced = false, true
		r.tally(evs)
	}
	return nil
}

func (c *Conn) parseEvents(raws []json.RawMessage, where string) []anEvent {
	evs := make([]anEvent, 0, len(raws))
	for _, raw := range raws {
		e, ok := parseRoomEvent(raw)
		if !ok {
			c.passOver("event", where)
			continue
		}
		e.Time = sensibleTime(e.Time)
		evs = append(evs, e)
	}
	return evs
}

// sensibleTime is a time in milliseconds that is not in the future; now if there is none.
func sensibleTime(ms int64) int64 {
	now := time.Now().UnixMilli()
	if ms <= 0 || ms > now {
		return now
	}
	return ms
}

func (c *Conn) updateRoom(b *batch, j *joined, id string) {
	c.mu.Lock()
	before := len(c.rooms.own)
	j.room = c.rooms.join(id)
	if j.entered {
		j.room.fresh, j.room.unread = true, true
	}
	if inv, ok := c.invites[id]; ok {
		// The account has joined by this invitation, here or elsewhere.
		if !inv.Room {
			c.rooms.record(id, inv.From)
		}
		c.dropInvite(b, id)
	}
	c.setOut(b, id, "")
	c.standings.look(id)
	c.mu.Unlock()
	c.applyState(b, j.room, j.data.State.Events)
	c.recallSpeakers(j.room, j)
	c.tags(j.room, j.data)
	stated := len(j.data.State.Events) > 0
	j.data.State, j.data.AccountData, j.data.Timeline.Events = events{}, events{}, nil // may be large
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range j.events {
		if e := &j.events[i]; e.StateKey != nil {
			stated = true
			j.room.recallMember(e)
			j.departs(e)
			b.regroup = b.regroup || regroups(j.room, e)
			c.rooms.apply(j.room, e, true)
		} else {
			c.said(j.room, e)
		}
	}
	j.room.summary(j.data)
	j.room.synced = j.room.synced || !j.room.unread && (stated || j.room.count >= 0)
	b.ownNew = b.ownNew || len(c.rooms.own) != before
}

// applyState takes state into the model, one event after another: there may be very many.
func (c *Conn) applyState(b *batch, r *room, state []json.RawMessage) {
	for _, raw := range state {
		e, ok := parseRoomEvent(raw)
		if !ok {
			c.passOver("state", r.id)
			continue
		}
		c.mu.Lock()
		b.regroup = b.regroup || regroups(r, &e)
		c.rooms.apply(r, &e, false)
		c.mu.Unlock()
	}
}

// recallSpeakers makes sure that those who have spoken are known: of too many people in the state
// not all were kept.
func (c *Conn) recallSpeakers(r *room, j *joined) {
	missing := map[string]bool{}
	c.mu.Lock()
	for _, e := range j.events {
		if e.Sender != c.me && !r.knows(e.Sender) {
			missing[e.Sender] = true
		}
	}
	c.mu.Unlock()
	if len(missing) == 0 || len(j.data.State.Events) <= maxNames {
		return
	}
	for _, raw := range j.data.State.Events {
		e, ok := parseRoomEvent(raw)
		if ok && e.Type == typeMember && e.StateKey != nil && missing[*e.StateKey] {
			c.mu.Lock()
			c.rooms.apply(r, &e, false)
			c.mu.Unlock()
		}
	}
}

// departs notes the name of somebody who may be about to go: what they have said before is theirs.
func (j *joined) departs(e *anEvent) {
	if e.Type != typeMember || isIn(membershipOf(e.Content)) || !validUser(*e.StateKey) {
		return
	}
	var before memberContent
	lenient(e.Unsigned.PrevContent, &before)
	if name := orSo(cleanName(before.Name), j.room.members[*e.StateKey].name); name != "" {
		j.formerly(*e.StateKey, name)
	}
}

// said notes that something was said in a room. Conn.mu is held.
func (c *Conn) said(r *room, e *anEvent) {
	r.active = max(r.active, e.Time)
	r.heard(e.Sender, e.Time)
	if r.knows(e.Sender) && len(r.members) == 1 {
		c.people.alive(e.Sender, time.UnixMilli(e.Time))
	}
}

// contacts is listContacts for a batch.
func (c *Conn) contacts(b *batch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listContacts(b)
}

// listContacts tells of the people with whom there are direct chats, and of the other rooms, the most
// recently active first, if they are new or are not as they were told. Conn.mu is held.
func (c *Conn) listContacts(b *batch) {
	var found []bridge.Contact
	for who, rooms := range c.rooms.direct() {
		contact := contactOf(who, rooms)
		if told, ok := c.told[who]; !ok || told.Name != contact.Name && contact.Name != "" {
			found = append(found, contact)
		}
	}
	found = append(found, c.roomContacts(b)...)
	slices.SortFunc(found, func(a, b bridge.Contact) int { return cmp.Compare(b.Active, a.Active) })
	for _, contact := range found {
		b.told[contact.Addr.ID] = contact
		b.add(bridge.ContactFound{Contact: contact})
	}
}

// contactOf describes a person with whom there are direct chats.
func contactOf(who string, rooms []*room) bridge.Contact {
	contact := bridge.Contact{Addr: addr(who)}
	for _, r := range rooms {
		if contact.Name == "" {
			contact.Name = r.members[who].name
		}
		contact.Active = max(contact.Active, r.active/1000)
	}
	return contact
}
