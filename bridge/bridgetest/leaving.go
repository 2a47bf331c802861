package bridgetest

import (
	"context"

	"msnbridge/bridge"
)

// OnLeave sets what Leave does once it is recorded; nil leaves every room.
func (n *Network) OnLeave(f func(ctx context.Context, account string, room bridge.Addr) error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.onLeave = f
}

// Leave implements bridge.Conn: see Network.OnLeave.
func (c *Conn) Leave(ctx context.Context, room bridge.Addr) error {
	if err := c.record(Call{Method: "Leave", Addr: room}); err != nil {
		return err
	}
	c.n.mu.Lock()
	f := c.n.onLeave
	c.n.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(ctx, c.login.Account, room)
}
