package msn

import "msnbridge/bridge"

// Members shows who has come into the room and who has gone. Who comes is shown
// first: a conversation that had only one other in it for a moment is no longer a
// group to some clients (doc/protocol, 07).
func (o *outward) Members(joined []bridge.Member, left []string, whole bool) {
	o.nameGuests()
	o.sb.mu.Lock()
	defer o.sb.mu.Unlock()
	if o.sb.outward != o {
		return
	}
	gone := o.roster.change(joined, left, whole)
	n := o.reseat()
	n.gone(gone)
	o.sb.announce(n, nil)
}

// reseat shows members who are not shown, and hides those who would be shown
// twice. sb.mu is held.
func (o *outward) reseat() (n notice) {
	if len(o.roster.members) == 0 {
		return n
	}
	for _, m := range o.roster.inOrder() {
		fits := o.mayShow(m.Member)
		switch {
		case fits && !m.seated:
			n.joins(m.participant())
		case !fits && m.seated:
			n.leaves(m.Handle)
		}
		m.seated = fits
	}
	return n
}

// mayShow tells whether somebody can have a seat: not if they would be taken for
// the room or a client, or if they are a guest, who has a seat already. sb.mu is
// held.
func (o *outward) mayShow(who bridge.Member) bool {
	handle := rosterKey(who.Handle)
	return handle != rosterKey(o.handle) && !o.sb.inside(handle) && !o.isGuest(who.Addr)
}

// speaker seats the member of whom a message is to be shown. False: the message is
// shown as a line of the room, because its writer has no seat and gets none, as
// with a message of long ago.
func (o *outward) speaker(who bridge.Member, late bool) bool {
	o.sb.mu.Lock()
	defer o.sb.mu.Unlock()
	if m := o.roster.find(who.Handle); o.sb.outward != o || !o.mayShow(who) || m == nil && late {
		return false
	}
	m := o.roster.speak(who)
	var n notice
	if !m.seated {
		m.seated = true
		n.joins(m.participant())
	}
	if quiet := o.roster.quietest(); quiet != nil {
		n.gone([]*member{quiet})
	}
	o.sb.announce(n, nil)
	return true
}

// farewell writes that all who are outside have left: the room last, because some
// clients call whoever has left last when their user goes on writing. sb.mu is
// held.
func (o *outward) farewell() (n notice) {
	n.gone(o.roster.inOrder())
	n.leaves(o.handle)
	return n
}

// Closed takes the room out of the switchboard: it can be called again.
func (o *outward) Closed() {
	o.sb.mu.Lock()
	guests := o.guests
	if o.sb.outward == o {
		o.sb.outward = nil
		o.sb.announce(o.farewell(), nil)
		o.guests = nil
	}
	o.sb.mu.Unlock()
	dismiss(guests)
}
