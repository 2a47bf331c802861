package bridgetest

import (
	"context"

	"msnbridge/bridge"
)

// OnMarkRead sets what MarkRead does once it is recorded; nil takes everything.
func (n *Network) OnMarkRead(f func(ctx context.Context, account string, m bridge.Message) error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.onRead = f
}

// MarkRead implements bridge.Conn: see Network.OnMarkRead.
func (c *Conn) MarkRead(ctx context.Context, m bridge.Message) error {
	if err := c.record(Call{Method: "MarkRead", Addr: m.Chat, Message: m}); err != nil {
		return err
	}
	c.n.mu.Lock()
	f := c.n.onRead
	c.n.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(ctx, c.login.Account, m)
}
