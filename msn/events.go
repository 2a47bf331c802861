package msn

import (
	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// Event takes what the account has to tell, in its turn.
func (s *session) Event(ev bridge.Event) {
	s.turn(func() {
		if _, last := ev.(bridge.Ended); !s.open && !last {
			s.early = append(s.early, ev)
			return
		}
		s.event(ev)
	})
}

func (s *session) event(ev bridge.Event) {
	switch ev := ev.(type) {
	case bridge.PresenceChanged:
		s.presenceChanged(ev)
	case bridge.ListChanged:
		s.listChanged(ev)
	case bridge.GroupAdded:
		s.groupAdded(ev)
	case bridge.PropertiesChanged:
		s.appendProperties(s.bs.Version(), ev.Entry)
	case bridge.Ring:
		s.rungBy(ev.Chat)
	case bridge.Ended:
		s.endedBy(ev.Reason)
	}
}

// listChanged tells of a change that the client has not asked for: transaction
// ID 0 (draft, 7.8).
func (s *session) listChanged(ev bridge.ListChanged) {
	c, f := ev.Change, s.d.forms
	s.index(c)
	if f.groups == nil && !ev.Removed && anotherGroup(c) {
		return // the client knows of no groups, and of the contact already
	}
	if ev.Removed {
		s.listChange("REM", 0, c, f.removal(s, c)...)
		return
	}
	s.listChange(f.adds, 0, c, f.addition(s, c)...)
	if c.List != bridge.FL {
		return
	}
	s.appendProperties(c.Version, c.Entry)
	if c.Presence.State.Visible() {
		s.appeared("NLN", sight{c.Entry, c.Presence, c.Name})
	}
}

// anotherGroup tells whether an addition is that of a contact that is in another
// group already.
func anotherGroup(c bridge.Change) bool {
	return c.List == bridge.FL && c.Group >= 0 && len(c.Entry.Groups) > 1 && c.Group != c.Entry.Groups[0]
}

func (s *session) groupAdded(ev bridge.GroupAdded) {
	if g := s.d.forms.groups; g != nil {
		words := []string{wire.Encode(ev.Group.Name), g.word(s, ev.Group.ID)}
		s.versioned("ADG", 0, ev.Version, append(words, g.tail...)...)
	}
}

// endedBy takes leave: nothing follows.
func (s *session) endedBy(why bridge.EndReason) {
	switch why {
	case bridge.SignedInElsewhere:
		s.out = wire.AppendCommand(s.out, "OUT", "OTH")
	case bridge.ShuttingDown:
		s.out = append(s.out, farewell...)
	case bridge.AccountGone:
		s.out = wire.AppendCommand(s.out, "OUT", s.d.outReason()...)
	}
	s.ending = true
}
