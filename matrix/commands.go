package matrix

import (
	"context"
	"errors"
	"slices"

	"msnbridge/bridge"
)

// commands are what users can say about encryption.
var commands = []bridge.Command{
	{Name: "encryption", Help: "whether encrypted chats work, and whether this gateway is verified"},
	{Name: "verify", Help: "verify this gateway by comparing emoji with another of your sessions, or accept that it wants to"},
	{Name: "match", Help: "the emoji are the same there"},
	{Name: "mismatch", Help: "they are not"},
	{Name: "cancel", Help: "stop the comparison of emoji"},
	{Name: "recovery", Args: "KEY", Help: "verify this gateway with your recovery key or passphrase, and read older messages"},
}

// Commands implements bridge.Network.
func (n *Network) Commands() []bridge.Command {
	if n.config.Appservice == nil {
		return commands
	}
	all := slices.Clone(commands)
	for _, l := range linkCommands {
		all = append(all, l.Command)
	}
	return all
}

// Command implements bridge.Conn.
func (c *Conn) Command(ctx context.Context, words []string) (string, error) {
	if err := c.alive(); err != nil {
		return "", err
	}
	if len(words) == 0 {
		return "", errors.ErrUnsupported
	}
	if l := c.net.linkCommand(words[0]); l != nil {
		return l.run(c, ctx, words[1:])
	}
	if c.cipher == nil {
		return "There is no encryption: " + c.noCipher + ".", nil
	}
	ctx, stop := c.during(ctx)
	defer stop()
	return c.cipher.command(ctx, words[0], words[1:])
}
