package msn

import (
	"strconv"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// stateWords are the states on the wire (draft, 7.7).
var stateWords = [...]string{
	bridge.Offline: "FLN", bridge.Hidden: "HDN", bridge.Online: "NLN", bridge.Busy: "BSY", bridge.Idle: "IDL",
	bridge.BeRightBack: "BRB", bridge.Away: "AWY", bridge.OnPhone: "PHN", bridge.OutToLunch: "LUN",
}

func stateOf(w []byte) (bridge.State, error) {
	for s, name := range stateWords {
		if name == string(w) {
			return bridge.State(s), nil
		}
	}
	return 0, codeInvalid
}

// chg changes the user's state, what the client can do and what picture it shows.
// Clients of any dialect may leave these two out. After the first change to another
// state than FLN it is followed by an ILN for each contact that is present.
func chg(s *session, r *request) error {
	state, err := stateOf(r.args[0])
	if err != nil {
		return err
	}
	p := s.bs.Presence()
	c := appearanceOf(p)
	c.features, c.picture = "", ""
	words := []string{stateWords[state]}
	for i, w := range r.args[1:] {
		words = append(words, string(w))
		switch {
		case i == 0 && s.d.face.features:
			c.features = featuresOf(w)
		case i == 1 && s.d.face.picture:
			c.picture = pictureOf(w)
		}
	}
	p.State = state
	c.in(&p)
	r.reply("CHG", words...)
	for _, c := range s.bs.SetPresence(p) {
		s.appeared("ILN "+strconv.FormatUint(uint64(r.trid), 10), sight{c.Entry, c.Presence, c.Name})
	}
	s.cameOnline(state, r)
	return nil
}

// A sight is what is seen of a contact who is present.
type sight struct {
	e    *bridge.Entry
	p    bridge.Presence
	name string // empty: that of the entry
}

// appeared tells of a contact of whom the client does not know yet that they are
// present. What they say of themselves follows even if it is nothing: the client may
// show what they said an hour ago (doc/protocol, 06).
func (s *session) appeared(head string, c sight) {
	s.out = s.d.appendSight(s.out, head, c, false)
	if s.d.face.words {
		s.out = s.appendWords(s.out, c)
	}
}

// presenceChanged tells no more than what is new to clients of the dialect.
func (s *session) presenceChanged(ev bridge.PresenceChanged) {
	c, came := sight{ev.Entry, ev.Presence, ev.Name}, !ev.Was.State.Visible()
	switch {
	case !ev.Presence.State.Visible():
		s.out = wire.AppendEnd(wire.AppendWord(append(s.out, "FLN"...), ev.Entry.Spelling()))
		return
	case came:
		s.appeared("NLN", c)
		return
	case ev.Renamed || s.d.face.shown(ev.Presence) != s.d.face.shown(ev.Was):
		s.out = s.d.appendSight(s.out, "NLN", c, appearanceOf(ev.Was).picture != "")
	}
	if s.d.face.words && wordsOf(ev.Presence) != wordsOf(ev.Was) {
		s.out = s.appendWords(s.out, c)
	}
}

// appendSight writes an ILN or NLN line: its head, then state, handle and name, and
// what else the dialect shows. A picture is left out if the line would be too long,
// and one that was shown and is there no more is 0: left out, libpurple keeps it.
func (d *dialect) appendSight(b []byte, head string, c sight, pictured bool) []byte {
	at := len(b)
	b = wire.AppendWord(append(b, head...), stateWords[c.p.State])
	b = wire.AppendWord(b, c.e.Spelling())
	if c.name == "" {
		c.name = c.e.Name
	}
	b = appendName(b, c.name, c.e.Spelling())
	looks := appearanceOf(c.p)
	if d.face.features {
		b = wire.AppendWord(b, shownFeatures(c.e, looks))
	}
	switch picture := looks.picture; {
	case !d.face.picture:
	case picture != "" && len(b)-at+1+len(picture) <= maxLine:
		b = wire.AppendWord(b, picture)
	case pictured:
		b = append(b, " 0"...)
	}
	return wire.AppendEnd(b)
}
