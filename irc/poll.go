package irc

import (
	"slices"
	"strings"
	"time"
)

const (
	// pollTime is how often each person is asked for. With the patience of a
	// background line that is less than a minute.
	pollTime = 30 * time.Second

	// lostAfter is how long an answer may take before it counts as lost.
	lostAfter = 30 * time.Second

	// settleTime is how long the server may take, after numeric 001, to say what
	// it supports.
	settleTime = 5 * time.Second

	// isonBytes bounds the nicks in one ISON, so that the answer fits a line.
	isonBytes = 360

	// userhostNicks is how many nicks USERHOST takes (RFC 2812, 4.8). The answer
	// may be cut if it is longer than cutAnswer bytes.
	userhostNicks = 5
	cutAnswer     = 380
)

// poll is what asks the server for people, in rotation: ISON for those who were
// not there and are not watched with MONITOR, USERHOST for those who are there,
// to learn whether they are away, if the server does not tell that by itself.
// Guarded by the Conn's lock.
type poll struct {
	settled  bool
	settleAt time.Time

	ison, userhost inquiry
}

// An inquiry is one of the two commands. Servers answer in order.
type inquiry struct {
	missing bool        // the server does not have it
	busy    bool        // the rotation has a question queued or asked
	asked   []*question // written and not answered, oldest first
}

// A question is one line of an inquiry.
type question struct {
	nicks    []string
	at       time.Time
	rotation bool
	answer   chan []string // has room for one: the nicks that are there; nil for the rotation
}

// lose forgets what was asked, after something has gone wrong.
func (q *inquiry) lose() {
	for _, lost := range q.asked {
		if lost.answer != nil {
			close(lost.answer)
		}
	}
	q.asked, q.busy = nil, false
}

// answered takes the oldest question off.
func (q *inquiry) answered() *question {
	if len(q.asked) == 0 {
		return nil
	}
	first := q.asked[0]
	q.asked = q.asked[1:]
	if first.rotation {
		q.busy = false
	}
	return first
}

// wrote returns what to do when a question goes out.
func (q *inquiry) wrote(asked *question) func() {
	return func() {
		asked.at = time.Now()
		q.asked = append(q.asked, asked)
	}
}

// ask queues what should be asked now, and says when it wants to be called next.
func (c *Conn) ask(now time.Time) time.Duration {
	if !c.poll.settled {
		if now.Before(c.poll.settleAt) {
			return c.poll.settleAt.Sub(now)
		}
		c.poll.settled = true
		c.assign()
	}
	polls := sooner(
		c.rotate(now, &c.poll.ison, c.needsIson, c.isonLine),
		c.rotate(now, &c.poll.userhost, c.needsUserhost, c.userhostLine))
	return sooner(sooner(polls, c.judge(now)), c.lateErrand(now))
}

// rotate asks for the people who need it and whose turn has come, with one line
// at a time.
func (c *Conn) rotate(now time.Time, q *inquiry, needs func(*person) bool, line func([]*person)) time.Duration {
	if len(q.asked) > 0 {
		if left := q.asked[0].at.Add(lostAfter).Sub(now); left > 0 {
			return left
		}
		c.pass("unanswered")
		q.lose()
	}
	if q.missing || q.busy {
		return never
	}
	due, first := c.overdue(now, needs)
	if len(due) == 0 || first > 0 {
		return first
	}
	line(due)
	return c.n.pollEvery
}

// overdue are the people who need to be asked for, longest unasked first, and
// how long the first can wait.
func (c *Conn) overdue(now time.Time, needs func(*person) bool) ([]*person, time.Duration) {
	var due []*person
	for _, p := range c.wantedPeople() {
		if needs(p) && now.Sub(p.checked) >= c.n.pollEvery/2 {
			due = append(due, p)
		}
	}
	if len(due) == 0 {
		return nil, c.nextDue(now, needs)
	}
	slices.SortStableFunc(due, func(a, b *person) int { return a.checked.Compare(b.checked) })
	return due, max(0, due[0].checked.Add(c.n.pollEvery).Sub(now))
}

func (c *Conn) nextDue(now time.Time, needs func(*person) bool) time.Duration {
	wait := never
	for _, p := range c.wantedPeople() {
		if needs(p) {
			wait = sooner(wait, max(0, p.checked.Add(c.n.pollEvery).Sub(now)))
		}
	}
	return wait
}

func (c *Conn) needsIson(p *person) bool {
	if p.monitored {
		return p.state == unknown // assign gave it time to answer
	}
	return p.state <= offline || c.poll.userhost.missing
}

func (c *Conn) needsUserhost(p *person) bool {
	if p.state <= offline {
		return false
	}
	if p.monitored && c.caps["away-notify"] && (c.caps["extended-monitor"] || c.caps["draft/extended-monitor"]) {
		return !p.awayKnown
	}
	return true
}

func (c *Conn) isonLine(due []*person) {
	size, n := 0, 0
	for n < len(due) && size+len(due[n].chat.ID) < isonBytes {
		size += len(due[n].chat.ID) + 1
		n++
	}
	c.question(&c.poll.ison, "ISON", due[:max(n, 1)])
}

func (c *Conn) userhostLine(due []*person) {
	c.question(&c.poll.userhost, "USERHOST", due[:min(len(due), userhostNicks)])
}

func (c *Conn) question(q *inquiry, command string, who []*person) {
	asked := &question{rotation: true}
	for _, p := range who {
		p.checked = time.Now()
		asked.nicks = append(asked.nicks, p.chat.ID)
	}
	params := asked.nicks
	if command == "ISON" {
		params = []string{strings.Join(params, " ")}
	}
	if queued := c.background(command, params...); queued != nil {
		queued.wrote = q.wrote(asked)
		q.busy = true
	}
}
