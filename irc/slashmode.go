package irc

import (
	"context"
	"slices"
	"strings"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
)

// modeAnswers are the answers to MODE, with how many parameters come before what
// is to be shown (https://modern.ircdocs.horse): modes of a channel and of oneself,
// and the lists of bans, exceptions, invitations and quiets.
var modeAnswers = map[string]int{"324": 2, "221": 1, "367": 2, "348": 2, "346": 2, "728": 2}

// slashMode shows or changes modes: of a channel that is named first, or else of
// the window's, or in a query of the user.
func slashMode(c *Conn, ctx context.Context, t typed) error {
	params := strings.Fields(t.text)
	target := t.channel
	if target == "" {
		target = c.ownNick()
	}
	if len(params) > 0 && (namesChannel(params[0]) || strings.EqualFold(params[0], c.ownNick())) {
		target, params = params[0], params[1:]
	}
	if len(params) > 0 && !isChange(params[0]) && (len(params) > 1 || len(params[0]) > 1 || !isLetter(params[0][0])) {
		return t.misused()
	}
	lines, err := c.modes(ctx, append([]string{target}, params...)...)
	if err != nil {
		return err
	}
	return c.show(t, lines...)
}

// isChange tells whether a word changes modes. One letter without a sign asks for a
// list; servers would take more of them, and so a name, for a change.
func isChange(word string) bool { return word[0] == '+' || word[0] == '-' }

func (c *Conn) ownNick() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.self.nick
}

// maxListed bounds what is kept of a list that a server sends.
const maxListed = 500

// modes runs a MODE, and returns the lines of what it answers.
func (c *Conn) modes(ctx context.Context, params ...string) (lines []string, err error) {
	e, err := c.errand("MODE", params...)
	if err != nil {
		return nil, bridge.Declined("%v", err)
	}
	for numeric, skip := range modeAnswers {
		e.hears[numeric] = func(m *ircmsg.Message) {
			if len(lines) < maxListed {
				lines = append(lines, words(m, skip))
			}
		}
	}
	return lines, c.runErrand(ctx, e)
}

// slashRank gives a rank to members, or takes it away, in as many lines as the
// server needs.
func slashRank(mode string) func(*Conn, context.Context, typed) error {
	return func(c *Conn, ctx context.Context, t typed) error {
		nicks := strings.Fields(t.text)
		for _, nick := range nicks {
			if !isNick(nick) {
				return bridge.Declined("%q can be no nick; usage: %s", nick, t.usage)
			}
		}
		return c.setModes(ctx, t.channel, mode, nicks)
	}
}

// maxRanked bounds the parameters of one command.
const maxRanked = 20

// setModes sets one mode for several parameters.
func (c *Conn) setModes(ctx context.Context, channel, mode string, params []string) error {
	if len(params) > maxRanked {
		return bridge.Declined("no more than %d at once", maxRanked)
	}
	c.mu.Lock()
	atOnce := max(1, c.support.modesLine)
	c.mu.Unlock()
	for some := range slices.Chunk(params, atOnce) {
		letters := mode[:1] + strings.Repeat(mode[1:], len(some))
		if err := c.order(ctx, "MODE", append([]string{channel, letters}, some...)...); err != nil {
			return err
		}
	}
	return nil
}
