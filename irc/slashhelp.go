package irc

import (
	"context"

	"msnbridge/bridge"
)

// show shows lines in the conversation where a command was typed; those that would
// be too many are counted.
func (c *Conn) show(t typed, lines ...string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, line := range bridge.FewLines(lines) {
		c.tell(bridge.Remark{Chat: t.chat, Text: line})
	}
	return nil
}

func slashHelp(c *Conn, _ context.Context, t typed) error {
	usages := map[string]bridge.Usage{}
	for name, s := range slashes() {
		usages[name] = s.usage()
	}
	lines, err := bridge.CommandHelp(t.text, usages, func(name string) bool { return name != "quote" || c.n.config.AllowQuote })
	if err != nil {
		return err
	}
	return c.show(t, lines...)
}
