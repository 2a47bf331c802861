package irc

import (
	"slices"
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"
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
	return sooner(
		c.rotate(now, &c.poll.ison, c.needsIson, c.isonLine),
		c.rotate(now, &c.poll.userhost, c.needsUserhost, c.userhostLine))
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

// isonReply is numeric 303: the nicks that are there, separated by spaces.
func isonReply(c *Conn, m *ircmsg.Message) {
	asked := c.poll.ison.answered()
	if asked == nil {
		c.pass("unasked")
		return
	}
	here := strings.Fields(strings.Join(m.Params[1:], " "))
	for _, nick := range asked.nicks {
		c.isonSays(nick, here)
	}
	if asked.answer != nil {
		asked.answer <- here
	}
	signal(c.work)
}

// isonSays applies an answer to one of those who were asked for.
func (c *Conn) isonSays(nick string, here []string) {
	p := c.find(nick)
	if p == nil {
		return
	}
	i := slices.IndexFunc(here, func(h string) bool { return c.sameNick(h, nick) })
	if i >= 0 && isNick(here[i]) {
		c.arrived(here[i], "", c.followed(nick))
	} else if i < 0 {
		p.taken = false
		c.setState(p, offline, "")
	}
}

// userhostReply is numeric 302: nick=+user@host of those who are there, with - in
// place of + for those who are away, and * after the nick of operators.
func userhostReply(c *Conn, m *ircmsg.Message) {
	asked := c.poll.userhost.answered()
	if asked == nil {
		c.pass("unasked")
		return
	}
	text := strings.Join(m.Params[1:], " ")
	here := map[string]bool{}
	for item := range strings.FieldsSeq(text) {
		if nick, ok := c.userhostSays(item); ok {
			here[c.people.fold(nick)] = true
		}
	}
	for _, nick := range asked.nicks {
		if p := c.find(nick); p != nil && !here[c.people.fold(nick)] && len(text) < cutAnswer {
			p.taken = false
			c.setState(p, offline, "")
		}
	}
	signal(c.work)
}

func (c *Conn) userhostSays(item string) (string, bool) {
	nick, status, ok := strings.Cut(item, "=")
	nick = strings.TrimSuffix(nick, "*")
	if !ok || !isNick(nick) || status == "" {
		return "", false
	}
	p := c.find(nick)
	if p == nil {
		return nick, true
	}
	c.arrived(nick, status[1:], c.followed(nick))
	p.awayKnown = true
	switch {
	case status[0] == '-' && p.state != gone:
		c.setState(p, gone, "")
	case status[0] == '+' && p.state == gone:
		c.setState(p, online, "")
	}
	return nick, true
}

// awayChanged is AWAY by away-notify or extended-monitor: without a text, or with
// an empty one, the person is back.
func awayChanged(c *Conn, m *ircmsg.Message) {
	nick, mask, ok := source(m)
	if p := c.find(nick); ok && p != nil && p.wanted() {
		c.arrived(nick, mask, c.followed(nick))
		c.setAway(p, last(m), last(m) != "")
	}
}

// awayReply is numeric 301: me, nick, text. It answers a message of ours.
func awayReply(c *Conn, m *ircmsg.Message) {
	if p := c.find(m.Params[1]); p != nil && p.wanted() && p.now == "" {
		c.setAway(p, last(m), true)
	}
}

func (c *Conn) setAway(p *person, note string, away bool) {
	s := online
	if away {
		s = gone
	} else {
		note = ""
	}
	c.setState(p, s, note)
	p.awayKnown = true
}
