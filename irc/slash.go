package irc

import (
	"context"
	"maps"
	"slices"
	"strings"

	"msnbridge/bridge"
)

// A slash is a command that the user can type in a window.
type slash struct {
	args string // how it is used, after its name
	help string
	do   func(c *Conn, ctx context.Context, t typed) error
}

// A typed is such a command as it was typed.
type typed struct {
	name    string
	chat    bridge.Addr // where
	channel string      // that it is about; empty: none
	text    string      // the rest
}

// carryOut does what the user has typed after a slash. Answers come as remarks in
// the same conversation. The error is a *bridge.SendError.
func (c *Conn) carryOut(ctx context.Context, msg bridge.Message) error {
	if msg.Chat.Network != c.n.config.Name {
		return &bridge.SendError{Err: bridge.ErrNoSuchPerson}
	}
	table := slashes()
	s, ok := table[msg.Command]
	if !ok {
		return bridge.UnknownCommand(msg.Command, slices.Collect(maps.Keys(table))...)
	}
	t := typed{name: msg.Command, chat: msg.Chat, text: strings.TrimSpace(outbound(msg.Text))}
	if isChannel(msg.Chat.ID) {
		t.channel = msg.Chat.ID
	}
	return s.do(c, ctx, t)
}

// slashes are all commands, by name.
func slashes() map[string]slash { return map[string]slash{} }
