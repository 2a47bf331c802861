package matrix

import (
	"context"
	"maps"
	"slices"
)

// stateSecret is a list of rooms that were found encrypted. A room stays so for good, and a homeserver
// that does not say so any more, after a restart perhaps, is not believed.
const stateSecret = "secret"

// maxSecret is how many such rooms are kept; those that we are not in give way.
const maxSecret = 10000

// recallSecret reads which rooms were found encrypted.
func (c *Conn) recallSecret(ctx context.Context) error {
	var rooms []string
	err := c.get(ctx, stateSecret, &rooms)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.secret = map[string]bool{}
	for _, id := range rooms {
		c.secret[id] = true
	}
	return err
}

// keepSecret keeps which rooms are encrypted, if there are more than before.
func (c *Conn) keepSecret(ctx context.Context, b *batch) error {
	rooms := c.newSecret(b)
	if rooms == nil {
		return nil
	}
	return c.put(ctx, stateSecret, rooms)
}

// newSecret lists all encrypted rooms if some were not known to be; else it is nil.
func (c *Conn) newSecret(b *batch) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	more := false
	for _, r := range b.rooms {
		if r.encrypted && !c.secret[r.id] {
			c.secret[r.id], more = true, true
		}
	}
	if !more {
		return nil
	}
	if len(c.secret) > maxSecret {
		maps.DeleteFunc(c.secret, func(id string, _ bool) bool { return c.rooms.rooms[id] == nil })
	}
	return slices.Sorted(maps.Keys(c.secret))
}

// noteEncrypted notes that a room is encrypted before /sync tells of it.
func (c *Conn) noteEncrypted(room string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rooms.join(room).encrypted = true
}

func (c *Conn) knownEncrypted(room string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rooms.rooms[room]
	return c.secret[room] || r != nil && r.encrypted
}
