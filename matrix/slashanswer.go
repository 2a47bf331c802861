package matrix

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"maunium.net/go/mautrix"

	"msnbridge/bridge"
)

// Bounds of what a command shows, in lines and bytes.
const (
	maxAnswer  = 12
	answerLine = 400
)

// show shows lines in the conversation where a command was typed; those that would be too many are
// counted.
func (c *Conn) show(ctx context.Context, t typed, lines ...string) error {
	if more := len(lines) - maxAnswer; more > 0 {
		lines = append(lines[:maxAnswer:maxAnswer], fmt.Sprintf("... and %d lines more", more))
	}
	evs := make([]bridgeEvent, len(lines))
	for i, line := range lines {
		evs[i] = bridge.Remark{Chat: t.chat, Text: line}
	}
	if err := c.emitTurn(ctx, evs, nil); err != nil {
		c.log.Debug("answer to a command not shown", "error", err)
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

// order makes a request for a command, again and again until ctx ends or it is decided.
func (c *Conn) order(ctx context.Context, method string, path mautrix.ClientURLPath, body any) ([]byte, error) {
	var answer []byte
	err := c.api.try(ctx, func() (err error) {
		answer, err = c.api.request(ctx, method, path, nil, body)
		return err
	})
	return answer, refused(err)
}

// refused is the failure of a command whose request has failed.
func refused(err error) error {
	var he mautrix.HTTPError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &he) && he.RespError != nil && definite(err):
		why := cleanLine(he.RespError.Err, maxNote)
		if statusOf(err) == http.StatusForbidden {
			return declined("the homeserver does not allow that: %s", why)
		}
		return declined("the homeserver has refused that: %s", orSo(why, codeOf(err)))
	case statusOf(err) == http.StatusTooManyRequests:
		return declined(reasonBusy)
	case definite(err):
		return declined(reasonRefused)
	}
	return &bridge.SendError{Unknown: true, Reason: reasonAway, Err: errors.New(brief(err))}
}

// outcome is the failure of a command, of what a method of the Conn has returned.
func outcome(err error) error {
	var failed *bridge.SendError
	switch {
	case err == nil, errors.As(err, &failed):
		return err
	case errors.Is(err, bridge.ErrClosed), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &bridge.SendError{Unknown: true, Err: err}
	case errors.Is(err, errors.ErrUnsupported):
		return declined("that cannot be done here")
	}
	return &bridge.SendError{Reason: err.Error(), Err: err}
}

// declined is the failure of what was typed but not done.
func declined(format string, args ...any) *bridge.SendError {
	return &bridge.SendError{Reason: fmt.Sprintf(format, args...)}
}

// whom finds who is meant by a word: a user ID, a handle, or what somebody in the room is called.
func (c *Conn) whom(room, word string) (string, error) {
	if who, err := parseReference(word); err == nil && validUser(who) {
		return who, nil
	}
	if local, server, ok := strings.Cut(word, "@"); ok && validUser("@"+local+":"+server) {
		return "@" + local + ":" + server, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []string
	if r := c.rooms.rooms[room]; r != nil {
		for who, m := range r.members {
			local, _, _ := splitUserID(who)
			if strings.EqualFold(m.name, word) || strings.EqualFold(local, strings.TrimPrefix(word, "@")) {
				found = append(found, who)
			}
		}
	}
	slices.Sort(found)
	switch len(found) {
	case 0:
		return "", declined("nobody here is called %q; a Matrix ID looks like @name:server", cleanLine(word, maxName))
	case 1:
		return found[0], nil
	}
	return "", declined("%q may be any of %s", cleanLine(word, maxName), listed(found, 0))
}

func slashMisused(_ *Conn, _ context.Context, t typed) error { return t.misused() }

func slashHelp(c *Conn, ctx context.Context, t typed) error {
	table := slashes()
	if name := strings.ToLower(strings.TrimPrefix(t.text, "/")); name != "" {
		s, ok := table[name]
		if !ok {
			return bridge.UnknownCommand(name, slices.Collect(maps.Keys(table))...)
		}
		return c.show(ctx, t, s.usage(name)+": "+s.help)
	}
	var usages []string
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if !table[name].room || isRoom(t.chat) {
			usages = append(usages, table[name].usage(name))
		}
	}
	lines := append([]string{"Commands, of which /help COMMAND says more:"}, fill(usages, ", ")...)
	return c.show(ctx, t, append(lines, "s/old/new/ corrects your last message (g: everywhere, i: also in capitals)")...)
}
