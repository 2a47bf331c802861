package irc

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"
)

// Gaps between tries to enter a channel: usually, and where the server says that
// the channel cannot be used just now. The last is repeated.
var (
	slowly = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}
	soon   = []time.Duration{20 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}
)

// steady is how long we must have been in a channel for the gaps to begin anew.
const steady = time.Hour

// A denial is a numeric that keeps us out of a channel. An empty reason is in the
// words of the server.
type denial struct {
	reason string
	gaps   []time.Duration
}

// refusals are those of RFC 2812 and of the servers that are about
// (https://modern.ircdocs.horse, https://defs.ircdocs.horse).
var refusals = map[string]denial{
	"403": {"there is no such channel", slowly},
	"405": {"you are in too many channels", slowly},
	"407": {"", slowly},
	"437": {"the channel is unavailable just now", soon},
	"448": {"", slowly},
	"471": {"full", slowly},
	"473": {"invite only", slowly},
	"474": {"banned", slowly},
	"475": {"", slowly}, // needs a key, or the key is wrong
	"476": {"the network does not accept this name", slowly},
	"477": {unregistered, slowly},
	"480": {"", soon},
	"485": {"", slowly},
	"489": {"only for encrypted connections", slowly},
	"495": {"", soon},
	"500": {"too many people are joining just now", soon},
	"520": {"only for operators of the network", slowly},
	"926": {"", slowly},
}

// unregistered is the refusal that a login with an account may end.
const unregistered = "only for registered nicks"

// enterAsKnown tries the channels again that were closed to those without an
// account, now that we have one.
func (c *Conn) enterAsKnown() {
	for _, ch := range c.channels.all {
		if ch.standing == outside && ch.refusal == unregistered {
			c.enter(ch)
		}
	}
}

// notEntered takes an error of the server as the answer to a JOIN: me, channel,
// text. It returns false if no JOIN of that channel waits for one.
func (c *Conn) notEntered(command, name, text string) bool {
	ch := c.channel(name)
	if ch == nil || ch.standing != entering {
		return false
	}
	why, known := refusals[command]
	if !known {
		why.gaps = slowly
	}
	if command == "475" {
		why.reason = "needs a key"
		if ch.key != "" {
			why.reason = "wrong key"
		}
	}
	if why.reason == "" {
		why.reason = text
	}
	c.refused(ch, why.reason, why.gaps)
	return true
}

// refused notes that we are not in a channel, and why. It is tried again, ever more
// slowly.
func (c *Conn) refused(ch *channel, reason string, gaps []time.Duration) {
	if reason == "" {
		reason = "not let in"
	}
	d := gaps[min(ch.tries, len(gaps)-1)]
	ch.tries++
	ch.due = time.Now().Add(d + rand.N(d/10)) // not all at once who were put out together
	ch.stand(outside)
	again := ch.refusal == reason
	ch.refusal = strings.Clone(reason)
	c.list(ch)
	if !again {
		c.tellChannel(ch)
	}
	c.channels.changed.ring()
	c.stir()
}

// channelError takes an error about a channel as the answer to a JOIN:
// me, the channel, text. It returns false if it is none.
func (c *Conn) channelError(m *ircmsg.Message) bool {
	if len(m.Params) < 2 || !isChannel(m.Params[1]) {
		return false
	}
	return c.notEntered(m.Command, m.Params[1], last(m))
}

// unavailable is numeric 437, of a channel or of a nick.
func unavailable(c *Conn, m *ircmsg.Message) {
	if !c.channelError(m) {
		claimFailed(c, m)
	}
}

// failedEntry takes FAIL (see failed) as the answer to a JOIN; false if it is none.
func (c *Conn) failedEntry(m *ircmsg.Message) bool {
	return m.Params[0] == "JOIN" && slices.ContainsFunc(m.Params[2:], func(about string) bool {
		return c.notEntered(m.Command, about, last(m))
	})
}

// forwarded is numeric 470: me, the channel, the one in its place, text. We were
// not asked whether we want that one.
func forwarded(c *Conn, m *ircmsg.Message) {
	name, other := m.Params[1], m.Params[2]
	if !isChannel(other) {
		c.channelError(m)
		return
	}
	if !c.notEntered(m.Command, name, fmt.Sprintf("forwards to %s", other)) {
		c.pass("unasked")
		return
	}
	if ch := c.channel(other); ch != nil {
		c.unforce(ch)
		return
	}
	if len(c.channels.forwards) < maxUnasked {
		c.channels.forwards[strings.Clone(c.channels.fold(other))] = time.Now()
	}
}

// unforce leaves a channel into which a forward has put us just now.
func (c *Conn) unforce(ch *channel) {
	if ch.unasked && time.Since(ch.since) < moveTime {
		ch.asked, ch.unasked = false, false
		c.stir()
	}
}

// isForward tells whether the server was about to put us into a channel in place
// of another.
func (c *Conn) isForward(name string) bool {
	key := c.channels.fold(name)
	at, ok := c.channels.forwards[key]
	delete(c.channels.forwards, key)
	return ok && time.Since(at) < moveTime
}
