package bridge

import (
	"strings"
	"time"
)

// What a login may have the service contact say: so many lines in sayingTime, and
// each text so long, in bytes. What is beyond is counted in the log.
const (
	mostLines  = 30
	mostSaying = 2000
	sayingTime = time.Minute
)

// cutText stands for what is not said.
const cutText = "(There is more, but it is too much at once.)"

// A sayLimit counts what a login has said lately.
type sayLimit struct {
	began      time.Time
	lines, cut int
}

// take tells whether so many lines may be said, and if not, whether this is the first
// time. before is how many lines were not said in the last period, when a new one
// begins.
func (s *sayLimit) take(lines int, now time.Time) (ok, first bool, before int) {
	if now.Sub(s.began) >= sayingTime {
		before = s.cut
		*s = sayLimit{began: now}
	}
	if s.lines+lines <= mostLines {
		s.lines += lines
		return true, false, before
	}
	first = s.cut == 0
	s.lines, s.cut = mostLines, s.cut+lines
	return false, first, before
}

// say is Login.Say: the service contact says something of the network's.
func (l *login) say(text string) {
	text = shorten(cleanLines(strings.TrimSpace(text)), mostSaying)
	lines := 1 + strings.Count(text, "\n")
	l.mu.Lock()
	ok, first, before := l.said.take(lines, time.Now())
	l.mu.Unlock()
	if before > 0 {
		l.log.Warn("the network has said too much to the user", "lines_not_said", before)
	}
	switch {
	case ok:
	case first:
		text = cutText
	default:
		return
	}
	l.a.turn.postNow(func() {
		if l.a.logins[l.rec.Network] == l {
			l.a.say(text)
		}
	})
}

// await is Login.Await: the owner has something to do before Connect can return.
func (l *login) await(text string) {
	l.say(text)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.status.Awaits, l.status.Reason, l.status.Next = true, oneLine(text), time.Time{}
	l.awaited = true
	l.triedNow()
}

// arrived has the owner told that what was waited for is done.
func (l *login) arrived() {
	l.mu.Lock()
	awaited := l.awaited
	l.awaited = false
	l.mu.Unlock()
	if awaited {
		l.say("You are signed in to " + l.net.Title() + " now.")
	}
}

// oneLine is a text for where there is space for one line.
func oneLine(text string) string {
	return strings.Join(strings.Fields(cleanLines(shorten(text, mostSaying))), " ")
}
