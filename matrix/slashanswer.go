package matrix

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"maunium.net/go/mautrix"

	"msnbridge/bridge"
)

// show shows lines in the conversation where a command was typed; those that would be too many are
// counted.
func (c *Conn) show(ctx context.Context, t typed, lines ...string) error {
	lines = bridge.FewLines(lines)
	evs := make([]bridgeEvent, len(lines))
	for i, line := range lines {
		evs[i] = bridge.Remark{Chat: t.chat, Text: line}
	}
	if err := c.emitTurn(ctx, evs, nil); err != nil {
		c.log.Debug("answer to a command not shown", "error", err)
	}
	return nil
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
			return bridge.Declined("the homeserver does not allow that: %s", why)
		}
		return bridge.Declined("the homeserver has refused that: %s", orSo(why, codeOf(err)))
	case statusOf(err) == http.StatusTooManyRequests:
		return bridge.Declined(reasonBusy)
	case definite(err):
		return bridge.Declined(reasonRefused)
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
		return bridge.Declined("that cannot be done here")
	}
	return &bridge.SendError{Reason: err.Error(), Err: err}
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
		return "", bridge.Declined("nobody here is called %q; a Matrix ID looks like @name:server", cleanLine(word, maxName))
	case 1:
		return found[0], nil
	}
	return "", bridge.Declined("%q may be any of %s", cleanLine(word, maxName), listed(found, 0))
}

func slashMisused(_ *Conn, _ context.Context, t typed) error { return t.misused() }

func slashHelp(c *Conn, ctx context.Context, t typed) error {
	table, usages := slashes(), map[string]bridge.Usage{}
	for name, s := range table {
		usages[name] = s.usage()
	}
	lines, err := bridge.CommandHelp(t.text, usages, func(name string) bool { return !table[name].room || isRoom(t.chat) })
	if err != nil {
		return err
	}
	if t.text == "" {
		lines = append(lines, "s/old/new/ corrects your last message (g: everywhere, i: also in capitals)")
	}
	return c.show(ctx, t, lines...)
}
