package matrix

import (
	"errors"

	"msnbridge/bridge"
)

// errUnwanted is said to whoever would reach somebody who does not want that.
var errUnwanted = errors.New("this person does not want to hear from you through this gateway")

// unwanted tells whether a person on Matrix has blocked the account whose ghost this is, in the
// control room. An own account's homeserver is asked for such things by the person themselves.
func (c *Conn) unwanted(user string) bool {
	return c.ghosts != nil && c.ghosts.service.Blocked(c.login.Account, user)
}

// unheard tells whether all who would hear something that is said at an address do not want that: the
// person, or the only other one in a room.
func (c *Conn) unheard(a bridge.Addr) bool {
	if c.ghosts == nil {
		return false
	}
	who := a.ID
	if isRoom(a) {
		c.mu.Lock()
		who = c.rooms.company(a.ID)
		c.mu.Unlock()
	}
	return who != "" && c.unwanted(who)
}

// company is the only other one in a room; empty if there are several, or none.
func (m *model) company(room string) string {
	r := m.rooms[room]
	if r == nil || r.crowd || len(r.members) != 1 || r.count > 2 {
		return ""
	}
	for who := range r.members {
		return who
	}
	return ""
}

// hideUnwanted has people who have blocked the account be offline to it. It is called before anybody
// is watched.
func (c *Conn) hideUnwanted() {
	if c.ghosts == nil {
		return
	}
	c.unwanted("") // so that later calls need not wait for the database
	c.people.hidden = c.unwanted
}

// blocksChanged has the ghost of an account look anew who may be seen.
func (g *ghosts) blocksChanged(account string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for f := range g.feeds {
		if f.login.Account == account {
			f.rouse()
		}
	}
}

// unseen is how present somebody looks who must not be seen.
var unseen = bridge.Presence{}
