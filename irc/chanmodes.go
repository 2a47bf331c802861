package irc

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ergochat/irc-go/ircmsg"
)

// maxChanges bounds the modes of one MODE that are looked at.
const maxChanges = 50

// A modeChange is one mode that was set, or taken back.
type modeChange struct {
	letter byte
	set    bool
	param  string
}

// modeWords say what a mode of a channel means; %s is its parameter. The first is
// for a mode that is set, the second for one that is taken back.
var modeWords = map[byte][2]string{
	'b': {"has banned %s", "has taken back the ban of %s"},
	'e': {"has excepted %s from bans", "has taken back the exception of %s from bans"},
	'I': {"has let %s in without an invitation", "does not let %s in without an invitation any more"},
	'i': {"has made the channel invite only", "has opened the channel to all"},
	'k': {"has set a key for the channel", "has taken the key off the channel"},
	'l': {"has limited the channel to %s people", "has taken the limit of people off the channel"},
	'm': {"has made the channel moderated: only those with a voice may speak", "lets everybody speak again"},
	'n': {"lets only members speak in the channel", "lets people outside speak in the channel"},
	'p': {"has made the channel private", "has made the channel public"},
	's': {"has made the channel secret", "has made the channel visible to all"},
	't': {"lets only operators change the topic", "lets everybody change the topic"},
}

// rankWords say the same of the ranks of members; %s is the nick.
var rankWords = map[byte][2]string{
	'q': {"has made %s an owner", "has taken ownership from %s"},
	'a': {"has made %s an administrator", "has taken administrator status from %s"},
	'o': {"has made %s an operator", "has taken operator status from %s"},
	'h': {"has made %s a half-operator", "has taken half-operator status from %s"},
	'v': {"has given voice to %s", "has taken voice from %s"},
}

// modeChanged is MODE: a target, modes, and their parameters.
func modeChanged(c *Conn, m *ircmsg.Message) {
	ch := c.in(m.Params[0])
	if ch == nil {
		c.pass("MODE elsewhere") // our own user modes too
		return
	}
	by := sourceName(m)
	for _, change := range c.changes(m.Params[1], m.Params[2:]) {
		c.applyMode(ch, by, change)
	}
}

// changes takes modes such as +o-b apart, with the parameter that each has.
func (c *Conn) changes(letters string, params []string) []modeChange {
	var list []modeChange
	set := true
	for _, letter := range []byte(letters[:min(len(letters), maxChanges)]) {
		if letter == '+' || letter == '-' {
			set = letter == '+'
			continue
		}
		if !isLetter(letter) {
			continue
		}
		change := modeChange{letter: letter, set: set}
		if c.support.modes.takes(letter, set) && len(params) > 0 {
			change.param, params = strings.TrimSpace(plain(params[0])), params[1:]
		}
		list = append(list, change)
	}
	return list
}

func (c *Conn) applyMode(ch *channel, by string, change modeChange) {
	switch kind := c.support.modes.kind(change.letter); {
	case kind == memberMode:
		c.changeRank(ch, by, change)
	case kind == listMode && change.param == "":
		// asks for the list
	default:
		if change.letter == 'k' {
			c.changeKey(ch, change)
		}
		c.setFlag(ch, change)
		c.remarkIn(ch, "%s %s", by, change.words(modeWords))
	}
}

// words say what a change is, if its letter is known, and else name the letter.
func (change modeChange) words(table map[byte][2]string) string {
	words, known := table[change.letter]
	format := words[0]
	if !change.set {
		format = words[1]
	}
	if !known || strings.Contains(format, "%s") && change.param == "" {
		return change.raw()
	}
	if !strings.Contains(format, "%s") {
		return format
	}
	return fmt.Sprintf(format, change.param)
}

func (change modeChange) raw() string {
	sign := "-"
	if change.set {
		sign = "+"
	}
	return strings.TrimSpace("has set the mode " + sign + string(change.letter) + " " + change.param)
}

// changeRank notes the new rank of a member. In a channel with too many members
// it is told only of those whom the window shows; and not of those who come back
// from a netsplit with the rank that they had.
func (c *Conn) changeRank(ch *channel, by string, change modeChange) {
	if c.isMe(change.param) {
		change.param = "you"
		c.remarkIn(ch, "%s %s", by, change.words(rankWords))
		return
	}
	u := c.user(change.param)
	is, ok := ch.members[u]
	if u == nil || !ok {
		c.pass("unknown member")
		return
	}
	is.ranks = c.support.modes.rank(is.ranks, change.letter, change.set)
	ch.members[u] = is
	if is.shown && !slices.Contains(ch.split.back.names, u.nick) {
		change.param = u.nick
		c.remarkIn(ch, "%s %s", by, change.words(rankWords))
	}
}

// rank adds a rank to others, or takes it away; the highest stays first.
func (m *modes) rank(ranks string, letter byte, set bool) string {
	var now []byte
	for _, p := range m.prefixes {
		has := strings.IndexByte(ranks, p.mode) >= 0
		if p.mode == letter {
			has = set
		}
		if has {
			now = append(now, p.mode)
		}
	}
	return string(now)
}

// changeKey notes the new key of a channel, for when we have to come back.
func (c *Conn) changeKey(ch *channel, change modeChange) {
	switch {
	case !change.set:
		ch.key = ""
	case isKey(change.param) && change.param != "*":
		ch.key = strings.Clone(change.param)
	default:
		return
	}
	id, key := ch.chat.ID, ch.key
	c.afterwards(func(ctx context.Context) {
		if err := c.saveKey(ctx, id, key); err != nil {
			c.log.Warn("key of a channel not kept", "err", err)
		}
	})
}
