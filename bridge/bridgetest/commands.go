package bridgetest

import (
	"context"
	"errors"
	"slices"

	"msnbridge/bridge"
)

// SetCommands says what can be asked of the network through the service contact,
// and what it answers: what f returns is what Conn.Command returns.
func (n *Network) SetCommands(f func(ctx context.Context, account string, words []string) (string, error), commands ...bridge.Command) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.onCommand, n.commands = f, commands
}

// Commands implements bridge.Network: see SetCommands.
func (n *Network) Commands() []bridge.Command {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.commands
}

// Command implements bridge.Conn: see Network.SetCommands.
func (c *Conn) Command(ctx context.Context, words []string) (string, error) {
	if err := c.record(Call{Method: "Command", Words: slices.Clone(words)}); err != nil {
		return "", err
	}
	c.n.mu.Lock()
	f := c.n.onCommand
	c.n.mu.Unlock()
	if f == nil {
		return "", errors.ErrUnsupported
	}
	return f(ctx, c.login.Account, words)
}
