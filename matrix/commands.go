package matrix

import (
	"context"
	"errors"

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
func (n *Network) Commands() []bridge.Command { return commands }

// Command implements bridge.Conn.
func (c *Conn) Command(ctx context.Context, words []string) (string, error) {
	if err := c.alive(); err != nil {
		return "", err
	}
	if len(words) == 0 {
		return "", errors.ErrUnsupported
	}
	if c.cipher == nil {
		return "There is no encryption: " + c.noCipher + ".", nil
	}
	ctx, stop := c.during(ctx)
	defer stop()
	return c.cipher.command(ctx, words[0], words[1:])
}
