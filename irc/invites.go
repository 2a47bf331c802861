package irc

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"
	"golang.org/x/time/rate"

	"msnbridge/bridge"
)

const (
	invitesAtOnce = 10               // that the bridge is told of; then one in a minute
	sameInvite    = 10 * time.Minute // within which an invitation is not told twice
)

// invited are the channels to which we were invited of late, by folded name, and when
// the bridge was told. Their pace bounds them.
type invited struct {
	told  map[string]time.Time
	pace  *rate.Limiter
	tries *rate.Limiter // of entering where we are wanted, and were refused
}

func newInvited() invited {
	return invited{
		told: map[string]time.Time{}, pace: rate.NewLimiter(rate.Every(time.Minute), invitesAtOnce),
		tries: rate.NewLimiter(rate.Every(10*time.Second), 5),
	}
}

func (i *invited) forget(key string) { delete(i.told, key) }

// admit tells whether the bridge is to hear of an invitation.
func (i *invited) admit(key string) bool {
	maps.DeleteFunc(i.told, func(_ string, at time.Time) bool { return time.Since(at) >= sameInvite })
	if _, known := i.told[key]; known || !i.pace.Allow() {
		return false
	}
	i.told[strings.Clone(key)] = time.Now()
	return true
}

// invitation is INVITE: a nick, a channel. With invite-notify it may be somebody
// else's.
func invitation(c *Conn, m *ircmsg.Message) {
	who, name, by := m.Params[0], m.Params[1], sourceName(m)
	if !c.support.isChannel(name) || len(name) > c.support.channelLen {
		c.pass("invitation to no channel")
		return
	}
	ch := c.channel(name)
	switch {
	case !c.isMe(who):
		c.othersInvited(ch, who, by)
	case ch != nil && ch.wanted():
		if ch.standing == outside && c.channels.invited.tries.Allow() {
			c.enter(ch)
		}
	case c.channels.invited.admit(c.channels.fold(name)):
		c.tell(c.invitedTo(m, name, by))
	default:
		c.pass("invitation")
	}
}

func (c *Conn) invitedTo(m *ircmsg.Message, name, by string) bridge.Invited {
	ev := bridge.Invited{Contact: bridge.Contact{Addr: c.n.addr(name), Name: fmt.Sprintf("%s (invited by %s)", name, by)}}
	if nick, _, ok := source(m); ok {
		ev.By = c.n.addr(nick)
	}
	return ev
}

func (c *Conn) othersInvited(ch *channel, who, by string) {
	if ch != nil && ch.open() && isNick(who) {
		c.remarkIn(ch, "%s has invited %s", by, who)
	}
}

// Answer implements bridge.Conn: it enters a channel, of which the bridge then
// hears as of any other. An invitation stands as long as the server likes, so
// whether we still know of it does not matter.
func (c *Conn) Answer(_ context.Context, room bridge.Addr, accept bool) error {
	if !c.n.isRoom(room) {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.closed(); err != nil {
		return err
	}
	c.channels.invited.forget(c.channels.fold(room.ID))
	if !accept {
		return nil
	}
	ch := c.chanFor(room.ID)
	if ch == nil {
		return fmt.Errorf("enter %s: too many channels", room.ID)
	}
	ch.asked = ch.asked || len(ch.watched) == 0
	ch.listed = true
	if ch.standing == inside {
		c.list(ch)
	}
	c.enter(ch)
	return nil
}
