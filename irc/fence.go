package irc

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/ergochat/irc-go/ircmsg"
)

// fence makes the PING behind the lines that wait for an answer, if it is time
// for one, and else says when it is.
func (c *Conn) fence(now time.Time) (string, time.Duration) {
	a := &c.answer
	if a.waiting != "" && now.Sub(a.fenced) > fenceLost {
		c.loseFence()
	}
	if a.waiting != "" || !slices.ContainsFunc(a.open, func(l *posting) bool { return l.fence == "" }) {
		return "", never
	}
	due := time.Duration(0)
	if c.caps["echo-message"] {
		due = a.open[0].at.Add(echoTime).Sub(now)
	}
	if len(c.out.turns) > 0 && !a.finished() {
		due = max(due, a.fenced.Add(fenceEvery).Sub(now))
	}
	if due > 0 {
		return "", due
	}
	return c.fenceNow(now), never
}

// finished tells whether a message waits only for a fence to be over. What its
// writer says next in that conversation waits for it too, so that is not put off.
func (a *answers) finished() bool {
	return slices.ContainsFunc(a.open, func(l *posting) bool { return l.fence == "" && l.m.left() == 0 })
}

// loseFence gives up a fence that the server has not answered.
func (c *Conn) loseFence() {
	a := &c.answer
	a.waiting = ""
	lost := a.takeFenced()
	for _, l := range lost {
		l.m.giveUp(errNoAnswer)
	}
}

var errNoAnswer = errors.New("the server did not answer")

// takeFenced takes the lines before the fence off the books.
func (a *answers) takeFenced() []*posting {
	var fenced []*posting
	a.open = slices.DeleteFunc(a.open, func(l *posting) bool {
		if l.fence != "" {
			fenced = append(fenced, l)
		}
		return l.fence != ""
	})
	return fenced
}

func (c *Conn) fenceNow(now time.Time) string {
	a := &c.answer
	text, err := encode(nil, "PING", a.token())
	if err != nil {
		return ""
	}
	a.waiting, a.fenced = a.salt+strconv.Itoa(a.count), now
	for _, l := range a.open {
		if l.fence == "" {
			l.fence = a.waiting
		}
	}
	return text
}

// pong is the answer to a fence, or to a PING that asked for a sign of life.
func pong(c *Conn, m *ircmsg.Message) {
	a := &c.answer
	if a.waiting == "" || !slices.Contains(m.Params, a.waiting) {
		return
	}
	a.waiting = ""
	behind := map[string][]*posting{}
	for _, l := range a.takeFenced() {
		behind[l.target] = append(behind[l.target], l)
	}
	for _, lines := range behind {
		judge(lines)
	}
	signal(c.work)
}

// judge decides about the lines to one target that stood before a fence. If some
// were refused but not all, and they belong to several messages, nobody knows
// which ones.
func judge(lines []*posting) {
	refused, several := 0, false
	for _, l := range lines {
		several = several || l.m != lines[0].m
		if l.refused {
			refused++
		}
	}
	for _, l := range lines {
		switch {
		case several && refused > 0 && refused < len(lines):
			l.m.giveUp(nil)
		case l.refused:
			l.m.refuse(l.reason)
		default:
			l.m.confirm()
		}
	}
}
