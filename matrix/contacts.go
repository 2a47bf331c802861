package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"maunium.net/go/mautrix"

	"msnbridge/bridge"
)

// AddContact finds the direct chat with a person, joins one that they have invited us to, or makes
// one; or it enters a room. Only the person's own homeserver is believed that there is nobody of that name.
func (c *Conn) AddContact(ctx context.Context, a bridge.Addr) (bridge.Contact, error) {
	if isRoom(a) {
		return c.Join(ctx, a, "")
	}
	if err := c.alive(); err != nil {
		return bridge.Contact{}, err
	}
	if err := c.person(a); err != nil {
		return bridge.Contact{}, err
	}
	if err := c.net.ghosts.notOurs(a.ID); err != nil {
		return bridge.Contact{}, err
	}
	ctx, stop := c.during(ctx)
	defer stop()
	if err := c.Answer(ctx, a, true); err != nil {
		return bridge.Contact{}, err
	}
	name := ""
	if c.choose(a.ID, "") == "" {
		var err error
		if name, err = c.lookUp(ctx, a.ID); err != nil {
			return bridge.Contact{}, err
		}
	}
	if _, err := c.roomFor(ctx, a.ID, ""); err != nil {
		return bridge.Contact{}, c.notMade(a.ID, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	contact := contactOf(a.ID, c.rooms.with(a.ID))
	contact.Name = orSo(contact.Name, name)
	return contact, nil
}

// person is an error if a cannot be anybody to talk to.
func (c *Conn) person(a bridge.Addr) error {
	if a.Network != name || !validUser(a.ID) {
		return fmt.Errorf("%w: %q is no Matrix user", bridge.ErrNoSuchPerson, a.ID)
	}
	if a.ID == c.me {
		return fmt.Errorf("%w: that is you yourself", bridge.ErrNoSuchPerson)
	}
	if c.unwanted(a.ID) {
		return errUnwanted
	}
	return nil
}

// lookUp asks for a person's profile. Many homeservers tell little of people elsewhere, so not to
// find those means nothing.
func (c *Conn) lookUp(ctx context.Context, who string) (name string, err error) {
	body, err := c.api.request(ctx, http.MethodGet, mautrix.ClientURLPath{"v3", "profile", who}, nil, nil)
	if codeOf(err) == "M_NOT_FOUND" && serverOf(who) == serverOf(c.me) {
		return "", fmt.Errorf("%w: the homeserver knows no %s", bridge.ErrNoSuchPerson, who)
	}
	var profile struct {
		Name string `json:"displayname"`
	}
	if err == nil {
		lenient(json.RawMessage(body), &profile)
	}
	return cleanName(profile.Name), nil
}

// notMade is the error of a direct chat that could not be made.
func (c *Conn) notMade(who string, err error) error {
	if codeOf(err) == "M_NOT_FOUND" {
		return fmt.Errorf("%w: the homeserver cannot invite %s", bridge.ErrNoSuchPerson, who)
	}
	return fmt.Errorf("make a direct chat with %s: %s", who, brief(err))
}

// RemoveContact has nothing to do: the direct chats stay, and rooms are left by Leave.
func (c *Conn) RemoveContact(context.Context, bridge.Addr) error { return nil }

// Reach is nil for anybody who can be written to, present or not: without a direct chat one is
// made when the first text is sent. A room that was replaced by another is not opened any more: old
// clients call it again by themselves when its window is still there.
func (c *Conn) Reach(_ context.Context, a bridge.Addr) error {
	if err := c.alive(); err != nil {
		return err
	}
	if err := c.somebody(a); err != nil || !isRoom(a) {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.rooms.rooms[a.ID]; r != nil && c.rooms.successor(r) != nil {
		return errReplaced
	}
	return nil
}
