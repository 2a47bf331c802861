package matrix

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"

	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// maxInvites is how many pending invitations are looked at.
const maxInvites = 500

// An invite is a pending invitation, to a direct chat or else to a room.
type invite struct {
	From string `json:"from"`
	Name string `json:"name"`           // of the person or the room
	Room bool   `json:"room,omitempty"` // it is no direct chat
}

// who is whom or what the invitation, to this room, stands for on the lists.
func (i invite) who(room string) string {
	if i.Room {
		return room
	}
	return i.From
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
		if inv, ok := c.parseInvite(room, resp.Rooms.Invite[room]); ok {
			c.invited(b, room, inv)
		}
	}
}

// invited notes an invitation, and tells of it.
func (c *Conn) invited(b *batch, room string, inv invite) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.rooms.replaced(room); r != nil {
		delete(c.upgrades.tried, r.id)
		c.moved(r)
		return
	}
	old, known := c.invites[room]
	if !known && len(c.invites) >= maxInvites {
		return
	}
	c.invites[room] = inv
	delete(c.gone, inv.who(room))
	b.invNew = b.invNew || !known || old != inv
	ev := bridge.Invited{Contact: bridge.Contact{Addr: addr(inv.who(room)), Name: inv.Name}}
	if inv.Room {
		ev.By = addr(inv.From)
	}
	b.add(ev)
}

// left forgets a room that the account is not in any more, or not invited to.
func (c *Conn) left(b *batch, room string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b.regroup = b.regroup || c.rooms.rooms[room] != nil
	c.rooms.leave(room)
	c.dropGap(b, room)
	delete(c.told, room)
	c.closeRoster(room)
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

// dropInvite takes an invitation off, and notes that what it stands for on the lists is not pending
// any more if it was the last. Conn.mu is held.
func (c *Conn) dropInvite(b *batch, room string) {
	inv, ok := c.invites[room]
	if !ok {
		return
	}
	delete(c.invites, room)
	b.invNew = true
	who := inv.who(room)
	for id, other := range c.invites {
		if other.who(id) == who {
			return
		}
	}
	c.gone[who] = true
}

// goneInvites says which invitations do not stand any more.
func (c *Conn) goneInvites(b *batch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, who := range slices.Sorted(maps.Keys(c.gone)) {
		b.gone = append(b.gone, who)
		b.add(bridge.InvitationGone{Addr: addr(who)})
	}
}

// parseInvite reads the stripped state of a room; ok if it is an invitation that the user is told
// of.
func (c *Conn) parseInvite(room string, raw json.RawMessage) (invite, bool) {
	var data invitedRoom
	if !validRoom(room) || !lenient(raw, &data) {
		c.passOver("invitation", room)
		return invite{}, false
	}
	s := &strippedRoom{model: newModel(c.me)}
	s.room = s.model.join(room)
	for _, raw := range data.State.Events {
		if e, ok := parseEvent(raw); ok && e.StateKey != nil {
			s.take(&e)
		}
	}
	return s.invite(c)
}

// A strippedRoom is what an invitation tells about its room.
type strippedRoom struct {
	model  *model
	room   *room
	from   string
	direct bool
}

func (s *strippedRoom) take(e *anEvent) {
	var c memberContent
	if e.Type == typeMember && *e.StateKey == s.model.me && lenient(e.Content, &c) && c.Membership == "invite" {
		s.from, s.direct = e.Sender, c.IsDirect
		return
	}
	s.model.apply(s.room, e, false)
}

// invite makes an invitation of what is known; not to a space, and not from somebody who is ignored.
func (s *strippedRoom) invite(c *Conn) (invite, bool) {
	r := s.room
	switch {
	case !validUser(s.from) || s.from == c.me:
		c.passOver("invitation", r.id)
		return invite{}, false
	case c.ignores(s.from):
		return invite{}, false
	case !r.isRoom():
		c.log.Info("matrix invitation ignored: not to a room to talk in", slog.String("kind", cleanLine(r.kind, maxName)))
		return invite{}, false
	}
	if s.direct && r.name == "" && !r.aliased {
		return invite{From: s.from, Name: r.members[s.from].name}, true
	}
	name := orSo(r.name, r.alias)
	if name == "" {
		name = cleanLine("Room of "+r.called(s.from), maxName)
	}
	return invite{From: s.from, Name: name, Room: true}, true
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

// invitesOf lists the rooms of the invitations that a person or a room stands for.
func (c *Conn) invitesOf(who string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var rooms []string
	for room, inv := range c.invites {
		if inv.who(room) == who {
			rooms = append(rooms, room)
		}
	}
	slices.Sort(rooms)
	return rooms
}

// Answer joins or leaves all rooms that the person has invited us to, or the one that was named.
func (c *Conn) Answer(ctx context.Context, a bridge.Addr, accept bool) error {
	ctx, stop := c.during(ctx)
	defer stop()
	if err := c.alive(); err != nil {
		return err
	}
	for _, room := range c.invitesOf(a.ID) {
		if err := c.answer(ctx, room, accept); err != nil {
			return err
		}
	}
	return nil
}

// answer joins or leaves one room. An invitation that does not stand any more is no error.
func (c *Conn) answer(ctx context.Context, room string, accept bool) error {
	c.mu.Lock()
	inv, pending := c.invites[room]
	delete(c.invites, room) // so that what /sync tells of it counts as our own doing
	c.mu.Unlock()
	if !pending {
		return nil
	}
	err := c.carryOut(ctx, room, inv, accept)
	if err != nil && !definite(err) {
		c.mu.Lock()
		c.invites[room] = inv
		c.mu.Unlock()
		return err
	}
	return c.keepInvites(ctx)
}

func (c *Conn) carryOut(ctx context.Context, room string, inv invite, accept bool) error {
	switch {
	case !accept:
		return c.api.try(ctx, func() error {
			_, err := c.api.client.LeaveRoom(ctx, id.RoomID(room))
			return err
		})
	case inv.Room:
		return c.acceptRoom(ctx, room, inv)
	}
	return c.accept(ctx, room, inv.From)
}

// acceptRoom joins a room, and waits until it is known.
func (c *Conn) acceptRoom(ctx context.Context, room string, inv invite) error {
	via := validServers([]string{serverOf(inv.From)})
	if err := c.approach(ctx, room); err != nil {
		return err
	}
	err := c.api.try(ctx, func() error { return c.api.enter(ctx, "join", room, via) })
	if definite(err) {
		c.entryTold(room, entryFailure(room, err))
	}
	if err == nil {
		c.arrived(room)
		c.awaitRoom(ctx, room)
	}
	return err
}

// accept joins a room as a direct chat. That it is one is noted first, since /sync may tell of it
// before the answer is here.
func (c *Conn) accept(ctx context.Context, room, who string) error {
	if err := c.recordOwn(ctx, room, who); err != nil {
		return err
	}
	if err := c.approach(ctx, room); err != nil {
		return err
	}
	err := c.api.try(ctx, func() error {
		_, err := c.api.client.JoinRoomByID(ctx, id.RoomID(room))
		return err
	})
	if err != nil {
		return err
	}
	c.arrived(room)
	return c.adopt(ctx, room, who)
}
