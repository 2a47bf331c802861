package irc

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
)

// maxTargets bounds the nicks in one MONITOR, in bytes.
const maxTargets = 400

// Watch implements bridge.Conn. As many as the server allows are watched with
// MONITOR, the others are asked for in rotation (poll.go).
func (c *Conn) Watch(ctx context.Context, who []bridge.Addr) error {
	c.readKeys(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.closed(); err != nil {
		return err
	}
	before := c.unwatch()
	for _, a := range who {
		if c.n.isPerson(a) == nil {
			c.watchOne(a, before)
		}
	}
	c.forgetUnwatched(before)
	c.watchRooms(who)
	c.assign()
	signal(c.work)
	return nil
}

// unwatch takes the watched addresses off all people, and returns them.
func (c *Conn) unwatch() map[*person][]bridge.Addr {
	before := map[*person][]bridge.Addr{}
	for _, p := range c.people.watch {
		before[p], p.watched = p.watched, nil
	}
	c.people.watch = nil
	return before
}

// watchOne watches an address. What is known of somebody who was not watched
// before is forgotten, so that it is told when the server says it again.
func (c *Conn) watchOne(a bridge.Addr, before map[*person][]bridge.Addr) {
	p := c.meet(a.ID)
	if len(p.watched) == 0 {
		c.people.watch = append(c.people.watch, p)
	}
	if slices.Contains(p.watched, a) {
		return
	}
	p.watched = append(p.watched, a)
	if !slices.Contains(before[p], a) {
		c.askAgain(p)
	}
}

func (c *Conn) askAgain(p *person) {
	if p.monitored {
		c.unmonitor(p)
	}
	p.state, p.note, p.awayKnown, p.checked, p.aware = unknown, "", false, time.Time{}, false
}

// forgetUnwatched stops asking for those who are not watched any more.
func (c *Conn) forgetUnwatched(before map[*person][]bridge.Addr) {
	var off []string
	for p := range before {
		if p.wanted() {
			continue
		}
		if p.monitored {
			off = append(off, p.chat.ID)
		}
		p.monitored, p.state, p.note, p.aware = false, unknown, "", false
		if p.talked.IsZero() {
			delete(c.people.byNick, c.people.fold(p.chat.ID))
		}
	}
	c.monitor("-", off)
}

// settle is called when the server has said all it has to say at the beginning:
// from now on it is known whether there is MONITOR.
func (c *Conn) settle() {
	c.poll.settled = true
	c.assign()
	signal(c.work)
}

// assign gives the free places of MONITOR to people who are wanted.
func (c *Conn) assign() {
	if !c.poll.settled || c.support.monitor == 0 {
		return
	}
	free := c.support.monitor - c.monitored()
	var on []string
	for _, p := range c.wantedPeople() {
		if free <= len(on) {
			break
		}
		if !p.monitored && !p.alone {
			p.monitored, p.checked = true, time.Now()
			on = append(on, p.chat.ID)
		}
	}
	c.monitor("+", on)
}

// wantedPeople are those whose presence matters, whoever has our nick first.
func (c *Conn) wantedPeople() []*person {
	p := c.find(c.id.nick)
	if p == nil || !p.regain || len(p.watched) > 0 {
		return c.people.watch
	}
	return append([]*person{p}, c.people.watch...)
}

func (c *Conn) monitored() int {
	n := 0
	for _, p := range c.people.byNick {
		if p.monitored {
			n++
		}
	}
	return n
}

// monitor queues MONITOR with as many nicks in a line as fit.
func (c *Conn) monitor(sign string, nicks []string) {
	for len(nicks) > 0 {
		n, size := 0, 0
		for n < len(nicks) && (n == 0 || size+len(nicks[n]) < maxTargets) {
			size += len(nicks[n]) + 1
			n++
		}
		c.background("MONITOR", sign, strings.Join(nicks[:n], ","))
		nicks = nicks[n:]
	}
}

func (c *Conn) unmonitor(p *person) {
	if p.monitored {
		c.monitor("-", []string{p.chat.ID})
	}
	p.monitored = false
}

func (c *Conn) forgetMonitor() {
	for _, p := range c.people.byNick {
		p.monitored = false
	}
}

// monitorOnline is numeric 730: nick!user@host, separated by commas.
func monitorOnline(c *Conn, m *ircmsg.Message) {
	for target := range strings.SplitSeq(m.Params[1], ",") {
		nuh, err := ircmsg.ParseNUH(target)
		if err != nil || !isNick(nuh.Name) {
			continue
		}
		mask := ""
		if nuh.User != "" && nuh.Host != "" {
			mask = nuh.User + "@" + nuh.Host
		}
		c.arrived(nuh.Name, mask, c.followed(nuh.Name))
	}
	signal(c.work)
}

// monitorOffline is numeric 731: nicks, separated by commas.
func monitorOffline(c *Conn, m *ircmsg.Message) {
	for target := range strings.SplitSeq(m.Params[1], ",") {
		nuh, _ := ircmsg.ParseNUH(target)
		if p := c.find(nuh.Name); p != nil {
			p.taken = false
			c.setState(p, offline, "")
		}
	}
}

// monitorFull is numeric 734: me, limit, the nicks that were not taken, text.
func monitorFull(c *Conn, m *ircmsg.Message) {
	for target := range strings.SplitSeq(m.Params[2], ",") {
		if p := c.find(target); p != nil {
			p.monitored = false
		}
	}
	c.support.monitor = min(c.support.monitor, c.monitored())
	signal(c.work)
}
