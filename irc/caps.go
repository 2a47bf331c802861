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
	case "ACK":
		return r.taken(list, true)
	case "NAK":
		return r.taken(list, false)
	}
	return nil
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
		if r.asked[name] && granted {
			r.c.caps[name] = true
		}
		delete(r.asked, name)
	}
	if len(r.asked) > 0 || asked == 0 {
		return r.ask(asked - len(r.asked))
	}
	if r.c.caps["sasl"] && !r.secured {
		return r.beginSASL()
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
			delete(c.caps, name)
		}
	case "ACK":
		c.granted(list)
	}
	signal(c.work)
}

// granted takes an ACK: a minus in front says that a capability is off.
func (c *Conn) granted(list []string) {
	for _, name := range list {
		if off, ok := strings.CutPrefix(name, "-"); ok {
			delete(c.caps, off)
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
			c.background("CAP", "REQ", name)
		}
	}
}
