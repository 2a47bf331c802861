package matrix

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// maxInvites is how many pending invitations are looked at.
const maxInvites = 500

// An invite is a pending invitation to a direct chat.
type invite struct {
	From string `json:"from"`
	Name string `json:"name"`
}

// invitations takes in what /sync says about invitations and rooms that were left.
func (c *Conn) invitations(b *batch, resp *syncResponse, p purpose) {
	for _, room := range slices.Sorted(maps.Keys(resp.Rooms.Leave)) {
		c.leftRoom(b, room, resp.Rooms.Leave[room])
	}
	if p != news {
		c.forgetInvites(b, resp)
	}
	for _, room := range slices.Sorted(maps.Keys(resp.Rooms.Invite)) {
		inv, ok := c.parseInvite(room, resp.Rooms.Invite[room])
		if !ok {
			continue
		}
		c.mu.Lock()
		old, known := c.invites[room]
		if known || len(c.invites) < maxInvites {
			c.invites[room] = inv
			delete(c.gone, inv.From)
			b.invNew = b.invNew || !known || old != inv
			b.add(bridge.Invited{Contact: bridge.Contact{Addr: addr(inv.From), Name: inv.Name}})
		}
		c.mu.Unlock()
	}
}

// left forgets a room that the account is not in any more, or not invited to.
func (c *Conn) left(b *batch, room string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rooms.leave(room)
	delete(c.told, room)
	if _, ours := c.rooms.own[room]; ours {
		delete(c.rooms.own, room)
		b.ownNew = true
	}
	c.dropInvite(b, room)
}

// forgetInvites drops what is not pending any more when /sync lists all that is.
func (c *Conn) forgetInvites(b *batch, resp *syncResponse) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, room := range slices.Sorted(maps.Keys(c.invites)) {
		if resp.Rooms.Invite[room] == nil && resp.Rooms.Join[room] == nil {
			c.dropInvite(b, room)
		}
	}
}

// dropInvite takes an invitation off, and notes that the person's invitation is gone if it was the
// last. Conn.mu is held.
func (c *Conn) dropInvite(b *batch, room string) {
	inv, ok := c.invites[room]
	if !ok {
		return
	}
	delete(c.invites, room)
	b.invNew = true
	for _, other := range c.invites {
		if other.From == inv.From {
			return
		}
	}
	c.gone[inv.From] = true
}

// goneInvites says whose invitations do not stand any more.
func (c *Conn) goneInvites(b *batch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, who := range slices.Sorted(maps.Keys(c.gone)) {
		b.gone = append(b.gone, who)
		b.add(bridge.InvitationGone{Addr: addr(who)})
	}
}

// parseInvite reads the stripped state of a room; ok if it is an invitation to a direct chat.
func (c *Conn) parseInvite(room string, raw json.RawMessage) (invite, bool) {
	var data invitedRoom
	if !validRoom(room) || !lenient(raw, &data) {
		c.passOver("invitation", room)
		return invite{}, false
	}
	r, names := &strippedRoom{}, map[string]string{}
	for _, raw := range data.State.Events {
		e, ok := parseEvent(raw)
		if !ok || e.StateKey == nil {
			continue
		}
		r.take(c.me, &e, names)
	}
	if !validUser(r.from) || r.from == c.me || !r.direct || r.named {
		c.log.Debug("matrix invitation ignored: not to a direct chat")
		return invite{}, false
	}
	return invite{From: r.from, Name: names[r.from]}, true
}

// A strippedRoom is what an invitation tells about its room.
type strippedRoom struct {
	from   string
	direct bool
	named  bool
}

func (s *strippedRoom) take(me string, e *anEvent, names map[string]string) {
	switch e.Type {
	case typeMember:
		var c memberContent
		if !lenient(e.Content, &c) {
			return
		}
		names[*e.StateKey] = cleanName(c.Name)
		if *e.StateKey == me && c.Membership == "invite" {
			s.from, s.direct = e.Sender, c.IsDirect
		}
	case typeName, typeAlias:
		m, r := newModel(me), &room{}
		m.apply(r, e, false)
		s.named = s.named || r.name != "" || r.aliased
	}
}

func (c *Conn) keepInvites(ctx context.Context) error {
	c.mu.Lock()
	raw, err := json.Marshal(c.invites)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	return c.login.State.Put(ctx, stateInvites, raw)
}

// invitesFrom lists the rooms that a person has invited us to.
func (c *Conn) invitesFrom(who string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var rooms []string
	for room, inv := range c.invites {
		if inv.From == who {
			rooms = append(rooms, room)
		}
	}
	slices.Sort(rooms)
	return rooms
}

// Answer joins or leaves all rooms that the person has invited us to.
func (c *Conn) Answer(ctx context.Context, a bridge.Addr, accept bool) error {
	ctx, stop := c.during(ctx)
	defer stop()
	if err := c.alive(); err != nil {
		return err
	}
	for _, room := range c.invitesFrom(a.ID) {
		if err := c.answer(ctx, room, a.ID, accept); err != nil {
			return err
		}
	}
	return nil
}

// answer joins or leaves one room. An invitation that does not stand any more is no error.
func (c *Conn) answer(ctx context.Context, room, who string, accept bool) error {
	c.mu.Lock()
	inv, pending := c.invites[room]
	delete(c.invites, room) // so that what /sync tells of it counts as our own doing
	c.mu.Unlock()
	if !pending {
		return nil
	}
	err := c.carryOut(ctx, room, who, accept)
	if err != nil && !definite(err) {
		c.mu.Lock()
		c.invites[room] = inv
		c.mu.Unlock()
		return err
	}
	return c.keepInvites(ctx)
}

func (c *Conn) carryOut(ctx context.Context, room, who string, accept bool) error {
	if accept {
		return c.accept(ctx, room, who)
	}
	return c.api.try(ctx, func() error {
		_, err := c.api.client.LeaveRoom(ctx, id.RoomID(room))
		return err
	})
}

// accept joins a room as a direct chat. That it is one is noted first, since /sync may tell of it
// before the answer is here.
func (c *Conn) accept(ctx context.Context, room, who string) error {
	if err := c.recordOwn(ctx, room, who); err != nil {
		return err
	}
	err := c.api.try(ctx, func() error {
		_, err := c.api.client.JoinRoomByID(ctx, id.RoomID(room))
		return err
	})
	if err != nil {
		return err
	}
	return c.adopt(ctx, room, who)
}
