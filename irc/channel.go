package irc

import (
	"slices"
	"time"

	"msnbridge/bridge"
)

// A standing is how far we are in a channel.
type standing uint8

const (
	outside  standing = iota
	entering          // JOIN is written
	inside
	leaving // PART is written
)

// A channel is one that we are in, or are to be in. It is guarded by the lock of
// the Conn, as is all that belongs to it.
type channel struct {
	chat    bridge.Addr   // the conversation in it
	watched []bridge.Addr // as Watch names it: chat, usually, or nothing, or also another spelling
	asked   bool          // wanted though Watch does not name it
	unasked bool          // the network has put us into it
	listed  bool          // its outcome makes it a contact: an invitation was accepted
	name    string        // as the server wrote it last, else as the bridge did
	key     string

	farewell string // said when we leave it

	standing standing
	since    time.Time // of this standing
	refusal  string    // why we are not in it, in plain words; empty: that is not known
	tries    int       // refusals in a row
	due      time.Time // when to try again

	topic   topic
	flags   string // modes without a parameter, as far as they were told
	members map[*user]member
	more    int  // members that are not kept, see maxMembers
	whole   bool // all members have been told to us

	// What an open window is told; most is 0 while there is none.
	most  int
	split netsplit
}

// A member is what somebody is in a channel.
type member struct {
	ranks string // modes such as o and v, see modes.prefixes
	shown bool   // the window may show them: they were told of, or have spoken
}

// wanted tells whether we are to be in a channel.
func (ch *channel) wanted() bool { return len(ch.watched) > 0 || ch.asked }

// ready tells whether we are in a channel and know who else is.
func (ch *channel) ready() bool { return ch.standing == inside && ch.whole }

// addrs are those that the channel is known by to the bridge.
func (ch *channel) addrs() []bridge.Addr {
	if len(ch.watched) == 0 {
		return []bridge.Addr{ch.chat}
	}
	return ch.watched
}

// presence is what the bridge is to know of a channel, with the topic for a note; not
// ok while that is open.
func (ch *channel) presence() (p bridge.Presence, ok bool) {
	switch {
	case ch.standing == inside:
		return bridge.Presence{State: bridge.Online, Note: plain(ch.topic.text)}, true
	case ch.standing == outside && ch.refusal != "":
		return bridge.Presence{State: bridge.Away, Note: ch.refusal}, true
	}
	return bridge.Presence{}, false
}

// forget forgets what is only known of a channel while we are in it.
func (ch *channel) forget() {
	ch.topic, ch.more, ch.whole, ch.split = topic{}, 0, false, netsplit{}
	ch.flags = ""
	ch.members = map[*user]member{}
}

// stand notes a new standing.
func (ch *channel) stand(s standing) { ch.standing, ch.since = s, time.Now() }

// watch adds an address to those that Watch names.
func (ch *channel) watch(a bridge.Addr) {
	if !slices.Contains(ch.watched, a) {
		ch.watched = append(ch.watched, a)
	}
}

// unwatch takes it off again, and with the last one all that keeps us there.
func (ch *channel) unwatch(a bridge.Addr) {
	ch.watched = slices.DeleteFunc(ch.watched, func(other bridge.Addr) bool { return other == a })
	if len(ch.watched) > 0 {
		ch.converse()
		return
	}
	ch.asked, ch.unasked, ch.listed, ch.key = false, false, false, ""
}

// converse has the conversation under an address that is watched.
func (ch *channel) converse() {
	if len(ch.watched) > 0 && !slices.Contains(ch.watched, ch.chat) {
		ch.chat = ch.watched[0]
	}
}
