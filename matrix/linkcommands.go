package matrix

import (
	"context"
	"slices"
	"strings"

	"msnbridge/bridge"
)

// A linkCommand is what users can say about the link of their account with somebody on Matrix.
type linkCommand struct {
	bridge.Command
	run func(c *Conn, ctx context.Context, words []string) (string, error)
}

// linkCommands are those of an application service.
var linkCommands = []linkCommand{
	{bridge.Command{Name: "link", Args: "CODE", Help: "link this account with your Matrix account, with the code that the service's user there has given you"}, (*Conn).link},
	{bridge.Command{Name: "unlink", Help: "end that"}, (*Conn).unlink},
}

// linkCommand finds one of them; nil if it is another command, or there is no application service.
func (n *Network) linkCommand(name string) *linkCommand {
	i := slices.IndexFunc(linkCommands, func(l linkCommand) bool { return l.Name == name })
	if i < 0 || n.config.Appservice == nil {
		return nil
	}
	return &linkCommands[i]
}

func (c *Conn) link(ctx context.Context, words []string) (string, error) {
	if len(words) == 0 {
		return "link which code? The service's user on Matrix gives you one, if you say to it: link " + c.login.Account, nil
	}
	return c.net.config.Appservice.Confirm(ctx, c.login.Account, strings.Join(words, ""))
}

func (c *Conn) unlink(ctx context.Context, _ []string) (string, error) {
	return c.net.config.Appservice.Unlink(ctx, c.login.Account)
}
