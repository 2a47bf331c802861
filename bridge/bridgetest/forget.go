package bridgetest

import (
	"context"

	"msnbridge/bridge"
)

// OnForget sets what Forget does once it is recorded; nil is to succeed.
func (n *Network) OnForget(f func(ctx context.Context, login bridge.Login) error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.onForget = f
}

// Forget implements bridge.Network: see OnForget.
func (n *Network) Forget(ctx context.Context, login bridge.Login) error {
	n.record(Call{Account: login.Account, Method: "Forget", Login: login})
	n.mu.Lock()
	f := n.onForget
	n.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(ctx, login)
}
