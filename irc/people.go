package irc

import (
	"slices"
	"time"

	"msnbridge/bridge"
)

// A state is how present a person is, as far as the server has said.
type state uint8

const (
	unknown state = iota
	offline
	online
	gone // away
)

// Bounds of what is remembered of people who are not watched.
const (
	maxStrangers = 256
	queryAge     = 12 * time.Hour // a query without a message for so long is not open any more
)

// A person is somebody who is watched or talked with.
type person struct {
	chat    bridge.Addr   // the conversation with them
	watched []bridge.Addr // the addresses watched: usually none or chat
	regain  bool          // has the nick that we want

	nick string // as the server wrote it last, else as the bridge did
	seen bool   // nick is as the server wrote it
	mask string // user@host last seen with the nick, or empty

	state state
	note  string // what they say of being away

	monitored bool      // the server tells us by MONITOR
	alone     bool      // not by MONITOR: it has nothing more to say (see claimFailed)
	awayKnown bool      // whether they are away was asked since they came
	checked   time.Time // when ISON or USERHOST last asked

	talked time.Time // the last message either way; zero: none

	// now is the nick that they have after a NICK in an open query; empty: that of
	// the chat. While it is set, who has the old nick is somebody else; taken: the
	// account was told of such a person.
	now   string
	taken bool

	// Who they are by the account of the services (account.go).
	proof    proof
	account  string // of a stranger
	warned   bool   // of the stranger
	nameless bool   // they have come without an account
	doubts   int    // how often they were asked for
	judgeAt  time.Time

	told  bridge.Presence // last
	aware bool            // anything was told
}

// wanted tells whether the presence of a person matters.
func (p *person) wanted() bool { return len(p.watched) > 0 || p.regain }

// people are all persons that matter, by the nick that their chat is named for,
// and those who have changed their nick also by that. Guarded by the Conn's lock.
type people struct {
	fold    folding
	byNick  map[string]*person
	follows map[string]*person
	watch   []*person // those with watched, in the order of Watch
}

func newPeople() people {
	return people{fold: foldings["rfc1459"], byNick: map[string]*person{}, follows: map[string]*person{}}
}

// index sorts the people anew, after a change of what the server takes for one
// nick. Two who turn out to be one become one.
func (ps *people) index(fold folding) {
	old, followed := ps.byNick, ps.follows
	ps.fold, ps.byNick, ps.follows = fold, map[string]*person{}, map[string]*person{}
	for _, p := range old {
		ps.put(p)
	}
	for _, p := range followed {
		ps.follows[fold(p.now)] = p
	}
	watched := ps.watch
	ps.watch = nil
	for _, p := range watched {
		if one := ps.byNick[fold(p.chat.ID)]; !slices.Contains(ps.watch, one) {
			ps.watch = append(ps.watch, one)
		}
	}
}

func (ps *people) put(p *person) {
	key := ps.fold(p.chat.ID)
	other := ps.byNick[key]
	if other == nil {
		ps.byNick[key] = p
		return
	}
	other.watched = append(other.watched, p.watched...)
	other.regain = other.regain || p.regain
	if p.talked.After(other.talked) {
		other.talked = p.talked
	}
	p.watched = nil
}

// find is who stands under this nick, or nil. If that person has another nick
// now, whoever has this one is somebody else.
func (c *Conn) find(nick string) *person { return c.people.byNick[c.people.fold(nick)] }

// followed is who has changed to this nick in an open query, or nil.
func (c *Conn) followed(nick string) *person { return c.people.follows[c.people.fold(nick)] }

// meet is find, for somebody who is to be remembered.
func (c *Conn) meet(nick string) *person {
	if p := c.find(nick); p != nil {
		return p
	}
	p := &person{chat: c.n.addr(nick), nick: nick}
	c.people.byNick[c.people.fold(nick)] = p
	c.forgetStrangers()
	return p
}

// forgetStrangers forgets who was talked with longest ago, when there are too
// many.
func (c *Conn) forgetStrangers() {
	var strangers []*person
	for _, p := range c.people.byNick {
		if !p.wanted() && !p.talked.IsZero() {
			strangers = append(strangers, p)
		}
	}
	if len(strangers) <= maxStrangers {
		return
	}
	oldest := slices.MinFunc(strangers, func(a, b *person) int { return a.talked.Compare(b.talked) })
	c.unfollow(oldest)
	delete(c.people.byNick, c.people.fold(oldest.chat.ID))
}

// talking notes that something was said in a chat, in either direction.
func (c *Conn) talking(chat bridge.Addr) *person {
	p := c.meet(chat.ID)
	p.talked = time.Now()
	return p
}

// open tells whether there is a query with p.
func (p *person) open() bool { return !p.talked.IsZero() && time.Since(p.talked) < queryAge }

// nickOf is the nick that a chat is written to.
func (c *Conn) nickOf(chat bridge.Addr) string {
	p := c.find(chat.ID)
	switch {
	case p == nil:
		return chat.ID
	case p.now != "":
		return p.now
	}
	return p.nick
}

// see notes how the server writes a person's nick, and the mask if it said one.
func (p *person) see(nick, mask string) {
	p.nick, p.seen = nick, true
	if mask != "" {
		p.mask = mask
	}
}

// setState notes how present a person is, and tells who watches.
func (c *Conn) setState(p *person, s state, note string) {
	if s == offline && p.regain {
		c.claim()
	}
	if p.state == s && p.note == note {
		return
	}
	came := p.state <= offline && s > offline
	if came || s == offline {
		p.awayKnown = s == gone
		if came {
			p.checked = time.Time{} // to be asked at once whether they are away
		}
	}
	p.state, p.note = s, note
	switch {
	case s == offline:
		p.proof, p.account, p.warned = unasked, "", false
	case came:
		c.doubt(p)
	}
	c.tellState(p)
}

// tellState tells who watches how present a person is. A stranger is not them.
func (c *Conn) tellState(p *person) {
	presence := bridge.Presence{State: bridge.Offline}
	switch {
	case p.proof >= doubted:
	case p.state == online:
		presence.State = bridge.Online
	case p.state == gone:
		presence = bridge.Presence{State: bridge.Away, Note: p.note}
	}
	if p.state == unknown || p.aware && p.told == presence {
		return
	}
	p.told, p.aware = presence, true
	name := ""
	if p.seen {
		name = p.nick
	}
	for _, a := range p.watched {
		c.tell(bridge.PresenceChanged{Addr: a, Presence: presence, Name: name})
	}
}
