package matrix

import (
	"context"
	"fmt"
	"net/http"

	"maunium.net/go/mautrix"

	"msnbridge/bridge"
)

// stateName is what a ghost was named last.
const stateName = "name"

var _ bridge.Namer = (*Conn)(nil)

// SetName has a ghost go by the account's name, if it does not yet. People name their own accounts.
func (c *Conn) SetName(ctx context.Context, name string) error {
	if err := c.alive(); err != nil || c.ghosts == nil {
		return err
	}
	ctx, stop := c.during(ctx)
	defer stop()
	unlock, err := c.making.lock(ctx, stateName)
	if err != nil {
		return err
	}
	defer unlock()
	name = orSo(cleanName(name), c.login.Account)
	before, err := c.login.State.Get(ctx, stateName)
	if err != nil || string(before) == name {
		return err
	}
	err = c.api.try(ctx, func() error {
		path := mautrix.ClientURLPath{"v3", "profile", c.me, "displayname"}
		_, err := c.api.request(ctx, http.MethodPut, path, nil, map[string]string{"displayname": name})
		return err
	})
	if err != nil {
		return fmt.Errorf("the ghost could not be named: %s", brief(err))
	}
	c.isNamed(name)
	return c.login.State.Put(ctx, stateName, []byte(name))
}

func (c *Conn) isNamed(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rooms.name = name
}

// recallGhost reads what is kept of a ghost alone.
func (c *Conn) recallGhost(ctx context.Context) error {
	name, err := c.login.State.Get(ctx, stateName)
	if err != nil {
		return err
	}
	c.isNamed(string(name))
	return c.recallWarned(ctx)
}
