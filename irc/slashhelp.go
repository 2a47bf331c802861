package irc

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"msnbridge/bridge"
)

// Bounds of what a command shows, in lines and bytes.
const (
	maxAnswer  = 12
	answerLine = 400
)

// show shows lines in the conversation where a command was typed; those that would
// be too many are counted.
func (c *Conn) show(t typed, lines ...string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if more := len(lines) - maxAnswer; more > 0 {
		lines = append(lines[:maxAnswer:maxAnswer], fmt.Sprintf("... and %d lines more", more))
	}
	for _, line := range lines {
		c.tell(bridge.Remark{Chat: t.chat, Text: line})
	}
	return nil
}

// fill puts words into as few lines as they need.
func fill(words []string, separator string) []string {
	var lines []string
	for _, word := range words {
		last := len(lines) - 1
		if last >= 0 && len(lines[last])+len(separator)+len(word) <= answerLine {
			lines[last] += separator + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

func slashHelp(c *Conn, _ context.Context, t typed) error {
	table := slashes()
	name := strings.ToLower(strings.TrimPrefix(t.text, "/"))
	if name != "" {
		s, ok := table[name]
		if !ok {
			return bridge.UnknownCommand(name, slices.Collect(maps.Keys(table))...)
		}
		return c.show(t, s.usage(name)+": "+s.help)
	}
	var usages []string
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if name != "quote" || c.n.config.AllowQuote {
			usages = append(usages, table[name].usage(name))
		}
	}
	lines := append([]string{"Commands, of which /help COMMAND says more:"}, fill(usages, ", ")...)
	return c.show(t, lines...)
}
