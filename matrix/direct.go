package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

// recordOwn notes and keeps that a room is a direct chat with a person.
func (c *Conn) recordOwn(ctx context.Context, room, who string) error {
	c.mu.Lock()
	c.rooms.record(room, who)
	c.mu.Unlock()
	return c.keepOwn(ctx)
}

// adopt makes use of a room that we have just joined or made for a direct chat, before /sync tells
// of it, and lists it in m.direct.
func (c *Conn) adopt(ctx context.Context, room, who string) error {
	c.mu.Lock()
	c.rooms.record(room, who)
	r := c.rooms.join(room)
	if !r.knows(who) {
		r.setName(who, "")
	}
	if c.ghosts == nil { // nobody else writes a ghost's m.direct, nor is it told of
		c.marking[room] = mark{who: who}
	}
	c.mu.Unlock()
	if err := c.keepOwn(ctx); err != nil {
		return err
	}
	if err := c.markDirect(ctx, room, who); err != nil {
		c.log.Warn("direct chat not listed in m.direct", slog.String("reason", brief(err)))
	}
	return nil
}

// A mark is a room that m.direct should name.
type mark struct {
	who   string
	tries int
}

// maxMarks is how often a room is put into m.direct again that another client has taken out, which
// happens when both write at once.
const maxMarks = 3

// markDirect adds a room to m.direct and leaves all else there as it is.
func (c *Conn) markDirect(ctx context.Context, room, who string) error {
	unlock, err := c.making.lock(ctx, typeDirect)
	if err != nil {
		return err
	}
	defer unlock()
	return c.api.try(ctx, func() error {
		body, err := c.api.accountData(ctx, typeDirect)
		if err != nil && codeOf(err) != "M_NOT_FOUND" {
			return err
		}
		content, changed, err := addDirect(body, err == nil, room, who)
		if err != nil || !changed {
			return err
		}
		return c.api.putAccountData(ctx, typeDirect, content)
	})
}

var errNoDirect = errors.New("m.direct makes no sense")

// addDirect adds a room to the content of m.direct. What is not ours stays byte for byte.
func addDirect(body []byte, there bool, room, who string) (content map[string]json.RawMessage, changed bool, err error) {
	content = map[string]json.RawMessage{}
	if there && (json.Unmarshal(body, &content) != nil || content == nil) {
		return nil, false, final{errNoDirect}
	}
	var rooms []json.RawMessage
	_ = json.Unmarshal(content[who], &rooms)
	quoted, err := json.Marshal(room)
	if err != nil || slices.ContainsFunc(rooms, func(r json.RawMessage) bool { return string(r) == string(quoted) }) {
		return nil, false, err
	}
	content[who], err = json.Marshal(append(rooms, quoted))
	return content, true, err
}

// checkMarks looks whether m.direct, which has just changed, names the rooms that we put there.
func (c *Conn) checkMarks() {
	c.mu.Lock()
	lost := map[string]string{}
	for room, m := range c.marking {
		m.tries++
		if slices.Contains(c.rooms.listed[room], m.who) || m.tries > maxMarks {
			delete(c.marking, room)
			continue
		}
		c.marking[room] = m
		lost[room] = m.who
	}
	c.mu.Unlock()
	for room, who := range lost {
		c.spawn(func(ctx context.Context) {
			if err := c.markDirect(ctx, room, who); err != nil && ctx.Err() == nil {
				c.log.Warn("direct chat not listed in m.direct", slog.String("reason", brief(err)))
			}
		})
	}
}

// roomFor finds the direct chat for a message to a person: the one it answers to if it still is
// one, else the most recently active, else one that they have invited us to, else a new one.
func (c *Conn) roomFor(ctx context.Context, who, via string) (string, error) {
	if room := c.choose(who, via); room != "" {
		return room, nil
	}
	unlock, err := c.making.lock(ctx, who)
	if err != nil {
		return "", err
	}
	defer unlock()
	for _, room := range c.invitesOf(who) {
		if err := c.answer(ctx, room, true); err != nil {
			return "", err
		}
	}
	if err := c.learnDirect(ctx, who); err != nil {
		return "", err
	}
	if room := c.choose(who, via); room != "" {
		return room, nil
	}
	return c.create(ctx, who)
}

// learnDirect takes in direct chats with a person that /sync has not told of yet, so that no second
// one is made.
func (c *Conn) learnDirect(ctx context.Context, who string) error {
	body, err := c.api.accountData(ctx, typeDirect)
	if codeOf(err) == "M_NOT_FOUND" {
		return nil
	}
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.rooms.list(body)
	unknown := c.rooms.unknown(who)
	c.mu.Unlock()
	if len(unknown) > 0 {
		joined, err := c.api.joinedRooms(ctx)
		if err != nil {
			return err
		}
		c.mu.Lock()
		for _, room := range within(unknown, joined) {
			c.rooms.join(room)
		}
		c.mu.Unlock()
	}
	c.mu.Lock()
	rooms := c.rooms.incomplete(who)
	c.mu.Unlock()
	for _, r := range rooms {
		if err := c.complete(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// choose is roomFor among the rooms that there are; empty if there is none.
func (c *Conn) choose(who, via string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.rooms.rooms[via]; r != nil && c.rooms.partner(r) == who {
		return via
	}
	if rooms := c.rooms.with(who); len(rooms) > 0 {
		return rooms[0].id
	}
	return ""
}

// create makes a direct chat. Until that is known for one, /sync may tell of it as of any room.
func (c *Conn) create(ctx context.Context, who string) (room string, err error) {
	c.countCreating(1)
	defer c.countCreating(-1)
	room, err = c.makeRoom(ctx, &mautrix.ReqCreateRoom{
		Preset: "trusted_private_chat", Visibility: "private", IsDirect: true, Invite: []id.UserID{id.UserID(who)},
	})
	if err != nil {
		return "", err
	}
	return room, c.adopt(ctx, room, who)
}

func (c *Conn) countCreating(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.creating += n
	if c.lookAgain() {
		c.rouseSync()
	}
}

// lookAgain tells whether there are rooms that may have to be told of now. Conn.mu is held.
func (c *Conn) lookAgain() bool { return c.unlooked && c.creating == 0 }
