package msn

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"msnbridge/bridge"
)

const (
	mostTold     = 1000 // members of a room that the network names; more are not shown
	mostSpeakers = 50   // members who are shown because they have spoken
)

// A member is somebody in the room of a switchboard. Members have no client here:
// they are shown, and what they say comes from the bridge.
type member struct {
	bridge.Member
	seated bool   // clients have been told of them
	told   bool   // the network has named them: they stay until it says that they go
	before bool   // they were there before there was a room, and have not come into it yet
	since  uint64 // when they came, and when they last spoke, counted by the roster
	spoke  uint64
}

// A roster is the members of a room, by handle in lower case. The switchboard's
// mutex guards it.
type roster struct {
	members  map[string]*member
	count    uint64
	speakers int // who are not told
}

func rosterKey(handle string) string { return strings.ToLower(handle) }

// find is the member with this handle, or nil.
func (r *roster) find(handle string) *member { return r.members[rosterKey(handle)] }

// put takes in somebody, or notes what they are called now.
func (r *roster) put(who bridge.Member) *member {
	m := r.find(who.Handle)
	if m == nil {
		r.count++
		m = &member{since: r.count}
		if r.members == nil {
			r.members = map[string]*member{}
		}
		r.members[rosterKey(who.Handle)] = m
		r.speakers++
	}
	m.Member = who
	return m
}

// tell takes in somebody whom the network has named.
func (r *roster) tell(who bridge.Member) {
	if r.find(who.Handle) == nil && len(r.members)-r.speakers >= mostTold {
		return
	}
	if m := r.put(who); !m.told {
		m.told, m.before = true, false
		r.speakers--
	}
}

// keep takes in somebody who is shown and stays, until the network says that they go.
func (r *roster) keep(who bridge.Member) {
	m := r.put(who)
	m.seated, m.before = true, true
}

// speak notes that somebody speaks.
func (r *roster) speak(who bridge.Member) *member {
	m := r.put(who)
	r.count++
	m.spoke = r.count
	return m
}

// remove takes out who has this handle; nil if nobody has.
func (r *roster) remove(handle string) *member {
	m := r.find(handle)
	if m == nil {
		return nil
	}
	delete(r.members, rosterKey(handle))
	if !m.told {
		r.speakers--
	}
	return m
}

// quietest takes out the speaker who has been silent longest, if there are too
// many.
func (r *roster) quietest() *member {
	if r.speakers <= mostSpeakers {
		return nil
	}
	var quiet *member
	for _, m := range r.members {
		if !m.told && (quiet == nil || m.spoke < quiet.spoke) {
			quiet = m
		}
	}
	return r.remove(quiet.Handle)
}

// change takes in who has come, and out who has gone, or all others if joined is
// the whole room, but for those who were there before it. It returns those who are no
// longer there.
func (r *roster) change(joined []bridge.Member, left []string, whole bool) (gone []*member) {
	come := map[string]bool{}
	for _, who := range joined {
		come[rosterKey(who.Handle)] = true
	}
	if whole {
		left = nil
		for _, m := range r.inOrder() {
			if !m.before {
				left = append(left, m.Handle)
			}
		}
	}
	for _, handle := range left {
		if come[rosterKey(handle)] {
			continue
		}
		if m := r.remove(handle); m != nil {
			gone = append(gone, m)
		}
	}
	for _, who := range joined {
		r.tell(who)
	}
	return gone
}

// inOrder are all, in the order in which they came.
func (r *roster) inOrder() []*member {
	return slices.SortedFunc(maps.Values(r.members), func(a, b *member) int { return cmp.Compare(a.since, b.since) })
}

// seated are those who are shown, in the order in which they came.
func (r *roster) seated() []*member {
	return slices.DeleteFunc(r.inOrder(), func(m *member) bool { return !m.seated })
}
