package bridge

import (
	"slices"
	"time"
)

// mostRinging is how many conversations ring at the same time.
const mostRinging = 5

// ring asks the session to open windows for what waits, the oldest first.
func (a *account) ring() {
	if a.session == nil || !a.presence.State.Visible() {
		return
	}
	n := 0
	for _, c := range a.chats {
		if c.ringing != nil {
			n++
		}
	}
	for ; n < mostRinging; n++ {
		c := a.nextToRing()
		if c == nil {
			return
		}
		c.startRinging()
		a.emit(Ring{c})
	}
}

func (a *account) nextToRing() *Chat {
	var next *Chat
	for _, c := range a.chats {
		if !slices.ContainsFunc(c.waiting, func(m *waiting) bool { return c.rings(m.Message) }) || c.window != nil || c.ringing != nil || c.rang || !c.mayRing() {
			continue
		}
		if next == nil || c.waiting[0].Seq < next.waiting[0].Seq {
			next = c
		}
	}
	return next
}

// mayRing tells whether messages of this conversation may reach the user.
func (c *Chat) mayRing() bool {
	e := c.a.entry(c.addr)
	if e != nil && e.On(BL) {
		return false
	}
	if c.room {
		return e != nil && e.On(FL)
	}
	return c.addr.Network == Service || !c.a.settings.AllowedOnly || e != nil && e.On(AL)
}

func (c *Chat) startRinging() {
	var t *time.Timer
	t = time.AfterFunc(c.a.b.ringTime, func() {
		c.a.turn.postNow(func() {
			if c.ringing == t {
				c.ringing, c.rang = nil, true
				c.a.ringSoon = true
			}
		})
	})
	c.ringing = t
}

func (c *Chat) stopRinging() {
	if c.ringing != nil {
		c.ringing.Stop()
		c.ringing = nil
	}
}

// ringAnew forgets who has rung: a client that is told again may answer.
func (a *account) ringAnew() {
	for _, c := range a.chats {
		c.stopRinging()
		c.rang = false
	}
}
