package irc

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"msnbridge/bridge"
)

const (
	splitPause = time.Second     // without another of the same kind: then it is told
	splitLong  = 5 * time.Second // after the first it is told anyway
	splitAge   = time.Hour       // that those who are lost are awaited
	splitNames = 3               // names in one line
	maxLost    = 5000            // more are not known when they come back
)

// A netsplit is what an open window is yet to be told of a netsplit, and who may come
// back from one. It ends with the window.
type netsplit struct {
	gone, back crowd
	lost       map[string]time.Time // by folded nick
}

// A crowd are people who come or go at one time: they are told of in one line.
type crowd struct {
	names  []string
	joined []bridge.Contact
	left   []bridge.Addr
	first  time.Time
	latest time.Time
}

// splitWords are the reason of a QUIT that a netsplit makes: the names of two
// servers. People's own reasons are marked ("Quit: ") by servers, or in quotes.
var splitWords = regexp.MustCompile(`^[A-Za-z0-9*-]+(\.[A-Za-z0-9*-]+)+ [A-Za-z0-9*-]+(\.[A-Za-z0-9*-]+)+$`)

func isSplit(reason string) bool { return splitWords.MatchString(reason) }

func (s *netsplit) hasLost(key string) bool {
	at, ok := s.lost[key]
	return ok && time.Since(at) < splitAge
}

func (f *crowd) add(name string) {
	now := time.Now()
	if len(f.names) == 0 {
		f.first = now
	}
	f.names, f.latest = append(f.names, name), now
}

// dueAt is when they are to be told of.
func (f *crowd) dueAt() time.Time {
	if late := f.first.Add(splitLong); late.Before(f.latest.Add(splitPause)) {
		return late
	}
	return f.latest.Add(splitPause)
}

// splitOff notes that a member has gone with a netsplit.
func (c *Conn) splitOff(ch *channel, u *user, was member) {
	if !ch.open() {
		return
	}
	s := &ch.split
	if len(s.back.names) > 0 {
		c.flushSplit(ch)
	}
	s.gone.add(u.nick)
	if was.shown {
		s.gone.left = append(s.gone.left, c.n.addr(u.nick))
	}
	if s.lost == nil {
		s.lost = map[string]time.Time{}
	}
	if len(s.lost) < maxLost {
		s.lost[c.channels.fold(u.nick)] = time.Now() // a copy already: see call
	}
	signal(c.work)
}

// splitBack notes that one of them is there again.
func (c *Conn) splitBack(ch *channel, u *user) {
	s := &ch.split
	delete(s.lost, c.channels.fold(u.nick))
	if len(s.gone.names) > 0 {
		c.flushSplit(ch)
	}
	s.back.add(u.nick)
	if ch.count() <= ch.most {
		ch.show(u)
		s.back.joined = append(s.back.joined, c.contact(u.nick))
	}
	signal(c.work)
}

// flushSplit tells of a netsplit at once, before something else that is told.
func (c *Conn) flushSplit(ch *channel) {
	c.tellFolded(ch, &ch.split.gone, "Netsplit: %s gone: %s")
	c.tellFolded(ch, &ch.split.back, "The netsplit is over: %s come back: %s")
}

func (c *Conn) tellFolded(ch *channel, f *crowd, format string) {
	if len(f.names) == 0 {
		return
	}
	c.remarkIn(ch, format, howMany(len(f.names)), someOf(f.names))
	if len(f.joined)+len(f.left) > 0 {
		c.tell(bridge.RosterChanged{Room: ch.chat, Joined: f.joined, Left: f.left})
	}
	*f = crowd{}
}

// tellSplits tells of the netsplits that have gone quiet, and says when the next
// has to be told of.
func (c *Conn) tellSplits(now time.Time) time.Duration {
	wait := never
	for _, ch := range c.channels.all {
		for _, f := range []*crowd{&ch.split.gone, &ch.split.back} {
			if len(f.names) == 0 {
				continue
			}
			left := f.dueAt().Sub(now)
			if left <= 0 {
				c.flushSplit(ch)
				break
			}
			wait = sooner(wait, left)
		}
	}
	return wait
}

// howMany counts people who have done something.
func howMany(n int) string {
	if n == 1 {
		return "1 person has"
	}
	return fmt.Sprintf("%d people have", n)
}

// someOf names the first of a list.
func someOf(names []string) string {
	slices.Sort(names)
	s := strings.Join(names[:min(len(names), splitNames)], ", ")
	if more := len(names) - splitNames; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}
