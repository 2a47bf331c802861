package irc

import (
	"maps"
	"slices"
	"strings"

	"github.com/ergochat/irc-go/ircmsg"
)

// wantedCaps are the capabilities that are asked for where they are offered
// (https://ircv3.net/irc/). For sasl see wantsSASL.
var wantedCaps = []string{
	"cap-notify", "batch", "message-tags", "server-time", "echo-message", "labeled-response",
	"standard-replies", "account-tag", "account-notify", "extended-join", "away-notify", "chghost",
	"setname", "multi-prefix", "userhost-in-names", "invite-notify",
	"extended-monitor", "draft/extended-monitor", "draft/chathistory", "draft/multiline",
}

// maxCaps bounds the capabilities that a server may offer.
const maxCaps = 500

// cap handles CAP: nick, LS or ACK or NAK or NEW or DEL, perhaps *, list.
func (r *registration) cap(m *ircmsg.Message) error {
	list := strings.Fields(m.Params[len(m.Params)-1])
	switch strings.ToUpper(m.Params[1]) {
	case "LS":
		r.offer(list)
		if len(m.Params) > 3 && m.Params[2] == "*" {
			return nil
		}
		return r.request()
	case "NEW":
		r.offer(list)
		if r.requested {
			r.c.requestNew(list) // which is written when we are registered
		}
	case "DEL":
		for _, name := range list {
			delete(r.c.caps, name)
		}
	case "ACK":
		return r.taken(list, true)
	case "NAK":
		return r.taken(list, false)
	}
	return nil
}

// owed tells whether the server owes an answer about capabilities: the rest of a
// list, or what it grants.
func (r *registration) owed() bool {
	return !r.requested && len(r.offered) > 0 || len(r.asked) > 0
}

// unanswered goes on with what the server has said so far.
func (r *registration) unanswered() error {
	if !r.requested {
		return r.request()
	}
	clear(r.asked)
	r.unasked, r.late = nil, true
	return r.agreed()
}

// offer notes what the server offers; what is over the bound is passed over.
func (r *registration) offer(list []string) {
	for _, item := range list {
		name, value, _ := strings.Cut(item, "=")
		if _, known := r.offered[name]; known || len(r.offered) < maxCaps {
			r.offered[name] = value
			r.c.offer(name, value)
		}
	}
}

// offer keeps the value of a capability that has one that matters.
func (c *Conn) offer(name, value string) {
	if name == "draft/multiline" {
		c.multiline = parseMultiline(value)
	}
}

// request asks for what is wanted and offered, each in a line of its own: one that
// the server refuses then costs nothing else.
func (r *registration) request() error {
	if r.requested {
		return nil
	}
	r.requested = true
	for _, name := range wantedCaps {
		if _, ok := r.offered[name]; ok {
			r.asked[name] = true
		}
	}
	sasl, err := r.wantsSASL()
	if err != nil {
		return err
	}
	if sasl {
		r.asked["sasl"] = true
	}
	if len(r.asked) == 0 {
		return r.send("CAP", "END")
	}
	r.unasked = slices.Sorted(maps.Keys(r.asked))
	return r.ask(askedAtOnce)
}

// askedAtOnce is how many capabilities are asked for before the server has answered
// the first: some take many lines at the beginning for a flood.
const askedAtOnce = 5

// ask asks for up to n more.
func (r *registration) ask(n int) error {
	for range min(n, len(r.unasked)) {
		name := r.unasked[0]
		r.unasked = r.unasked[1:]
		if err := r.send("CAP", "REQ", name); err != nil {
			return err
		}
	}
	return nil
}

// taken notes what the server grants or refuses, and goes on when all is answered.
func (r *registration) taken(list []string, granted bool) error {
	asked := len(r.asked)
	for _, name := range list {
		if granted && (r.asked[name] || r.late && slices.Contains(wantedCaps, name)) {
			r.c.caps[name] = true
		}
		delete(r.asked, name)
	}
	if len(r.asked) > 0 || asked == 0 {
		return r.ask(asked - len(r.asked))
	}
	return r.agreed()
}

// agreed is called when all capabilities are settled. A login that must not be seen
// without its account goes no further without SASL.
func (r *registration) agreed() error {
	switch {
	case r.c.caps["sasl"] && !r.secured:
		return r.beginSASL()
	case !r.secured && r.c.insists():
		return r.c.noSASL()
	}
	return r.send("CAP", "END")
}

// capChanged is CAP after registration: NEW and DEL come by cap-notify, ACK
// answers our REQ. For sasl see latesasl.go.
func capChanged(c *Conn, m *ircmsg.Message) {
	list := strings.Fields(m.Params[len(m.Params)-1])
	switch strings.ToUpper(m.Params[1]) {
	case "NEW":
		c.requestNew(list)
	case "DEL":
		for _, name := range list {
			c.withdrawn(name)
		}
	case "ACK":
		c.granted(list)
	case "NAK":
		for _, name := range list {
			delete(c.asking, name)
		}
	}
	signal(c.work)
}

// withdrawn takes a capability that the server has no more. Without labels, a fence
// tells what became of the lines that bear one.
func (c *Conn) withdrawn(name string) {
	delete(c.caps, name)
	if name == "labeled-response" || name == "batch" {
		c.answer.unlabel()
	}
}

// granted takes an ACK: a minus in front says that a capability is off.
func (c *Conn) granted(list []string) {
	for _, name := range list {
		delete(c.asking, name)
		if off, ok := strings.CutPrefix(name, "-"); ok {
			c.withdrawn(off)
		} else if slices.Contains(wantedCaps, name) {
			c.caps[name] = true
		} else if name == "sasl" {
			c.lateSASL()
		}
	}
}

func (c *Conn) requestNew(list []string) {
	for _, item := range list {
		name, value, _ := strings.Cut(item, "=")
		c.offer(name, value)
		if name == "sasl" {
			c.saslIsBack(value)
		}
		if slices.Contains(wantedCaps, name) && !c.caps[name] {
			c.requestCap(name)
		}
	}
}

// requestCap asks for a capability, once until that is answered: it may come and go.
func (c *Conn) requestCap(name string) {
	if !c.asking[name] && c.background("CAP", "REQ", name) != nil {
		c.asking[name] = true
	}
}
