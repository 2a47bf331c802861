package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"maunium.net/go/mautrix"

	"msnbridge/bridge"
)

// What a user is told who cannot be let in, by error code.
var entryReasons = map[string]string{
	"M_FORBIDDEN":                 "by invitation only",
	"M_UNSUPPORTED_ROOM_VERSION":  "the homeserver does not know rooms of this kind",
	"M_INCOMPATIBLE_ROOM_VERSION": "the homeserver does not know rooms of this kind",
	"M_RESOURCE_LIMIT_EXCEEDED":   "the homeserver enters no more rooms",
}

var (
	errAsked = errors.New("you have asked to be let in; the invitation comes when somebody agrees")
	errSpace = errors.New("this is a space, which is only a list of rooms; its rooms can be joined one by one")
	errOdd   = errors.New("this is no room to talk in")
)

// entered is how long a room that was entered is waited for in /sync.
const entered = 10 * time.Second

// Join enters a room. There are no keys on Matrix.
func (c *Conn) Join(ctx context.Context, room bridge.Addr, _ string) (bridge.Contact, error) {
	if err := c.alive(); err != nil {
		return bridge.Contact{}, err
	}
	if !isRoom(room) {
		return bridge.Contact{}, errAlias
	}
	ctx, stop := c.during(ctx)
	defer stop()
	contact, err := c.enterRoom(ctx, room.ID)
	c.entryTold(room.ID, err)
	return contact, err
}

// entryTold has the list say why a room could not be entered.
func (c *Conn) entryTold(room string, err error) {
	c.mu.Lock()
	switch _, known := c.standings.out[room]; {
	case err == nil:
		delete(c.standings.out, room)
	case known || len(c.standings.out) < maxOut:
		c.standings.out[room] = err.Error()
	}
	c.standings.look(room)
	c.mu.Unlock()
	c.rouse()
}

// enterRoom enters the room with an ID or an alias, if need be, and returns it as it is listed.
func (c *Conn) enterRoom(ctx context.Context, name string) (bridge.Contact, error) {
	target, via := cutVia(name)
	if validAlias(target) {
		var err error
		if target, via, err = c.resolve(ctx, target); err != nil {
			return bridge.Contact{}, err
		}
	}
	unlock, err := c.making.lock(ctx, target)
	if err != nil {
		return bridge.Contact{}, err
	}
	defer unlock()
	if err := c.answer(ctx, target, true); err != nil && !definite(err) {
		return bridge.Contact{}, entryFailure(target, err)
	}
	if !c.isIn(target) {
		if err := c.enter(ctx, target, via); err != nil {
			return bridge.Contact{}, err
		}
	}
	return c.asContact(ctx, target)
}

// resolve finds out what room an alias stands for.
func (c *Conn) resolve(ctx context.Context, alias string) (room string, via []string, err error) {
	err = c.api.try(ctx, func() error {
		room, via, err = c.api.resolve(ctx, alias)
		return err
	})
	switch {
	case statusOf(err) == http.StatusNotFound:
		return "", nil, fmt.Errorf("%w: there is no room %s", bridge.ErrNoSuchPerson, alias)
	case err != nil:
		return "", nil, fmt.Errorf("the homeserver cannot find %s: %s", alias, brief(err))
	}
	return room, via, nil
}

// leave leaves a room, or declines an invitation to it, once. The reason may be empty.
func (a *api) leave(ctx context.Context, room, reason string) error {
	body := map[string]string{}
	if reason != "" {
		body["reason"] = reason
	}
	_, err := a.request(ctx, http.MethodPost, mautrix.ClientURLPath{"v3", "rooms", room, "leave"}, nil, body)
	return err
}

// enter joins a room, or asks to be let in.
func (c *Conn) enter(ctx context.Context, room string, via []string) error {
	if err := c.approach(ctx, room); err != nil {
		return err
	}
	err := c.api.try(ctx, func() error { return c.api.enter(ctx, "join", room, via) })
	if err == nil {
		c.arrived(room)
	}
	if codeOf(err) == "M_FORBIDDEN" && c.api.enter(ctx, "knock", room, via) == nil {
		return errAsked
	}
	return entryFailure(room, err)
}

// entryFailure says in plain words why a room cannot be entered.
func entryFailure(room string, err error) error {
	if err == nil {
		return nil
	}
	code := codeOf(err)
	if reason := entryReasons[code]; reason != "" {
		return errors.New(reason)
	}
	if code == "M_NOT_FOUND" {
		return fmt.Errorf("%w: there is no room %s, or no homeserver in it was found", bridge.ErrNoSuchPerson, room)
	}
	return fmt.Errorf("the room cannot be entered: %s", brief(err))
}

// asContact is a room that we are in, as soon as /sync has told of it.
func (c *Conn) asContact(ctx context.Context, room string) (bridge.Contact, error) {
	c.awaitRoom(ctx, room)
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rooms.join(room)
	delete(c.rooms.doubted, room)
	c.standings.look(room)
	switch who := c.rooms.partner(r); {
	case who != "":
		return contactOf(who, c.rooms.with(who)), nil
	case r.kind == typeSpace:
		return bridge.Contact{}, errSpace
	case !r.isRoom():
		return bridge.Contact{}, errOdd
	}
	return c.rooms.contact(r), nil
}

// awaitRoom waits until /sync has told of a room, but not for long.
func (c *Conn) awaitRoom(ctx context.Context, room string) {
	ctx, cancel := context.WithTimeout(ctx, entered)
	defer cancel()
	for {
		c.mu.Lock()
		r, learned := c.rooms.rooms[room], c.learned
		there := r != nil && r.synced
		c.mu.Unlock()
		if there {
			return
		}
		select {
		case <-learned:
		case <-ctx.Done():
			return
		case <-c.ctx.Done():
			return
		}
	}
}

// learnedMore wakes those who wait for /sync to tell of something. Conn.mu is held.
func (c *Conn) learnedMore() {
	close(c.learned)
	c.learned = make(chan struct{})
}

// resolve asks what room an alias stands for, and which servers are in it.
func (a *api) resolve(ctx context.Context, alias string) (room string, via []string, err error) {
	body, err := a.request(ctx, http.MethodGet, mautrix.ClientURLPath{"v3", "directory", "room", alias}, nil, nil)
	if err != nil {
		return "", nil, err
	}
	var resp struct {
		Room    string   `json:"room_id"`
		Servers []string `json:"servers"`
	}
	if !lenient(body, &resp) || !validRoom(resp.Room) {
		return "", nil, final{errors.New("the answer makes no sense")}
	}
	return resp.Room, validServers(resp.Servers), nil
}

// enter joins a room or knocks at it. Servers are named in the old way too (client-server API 1.12
// calls them via).
func (a *api) enter(ctx context.Context, how, room string, via []string) error {
	ctx, cancel := a.limited(ctx)
	defer cancel()
	u := a.client.BuildURLWithFullQuery(mautrix.ClientURLPath{"v3", how, room}, func(q url.Values) {
		if len(via) > 0 {
			q["via"], q["server_name"] = via, via
		}
	})
	_, err := a.client.MakeFullRequest(ctx, mautrix.FullRequest{
		Method: http.MethodPost, URL: u, RequestJSON: struct{}{}, SensitiveContent: true,
	})
	return err
}
