package chat

import (
	"maps"
	"slices"
	"strings"

	"msnbridge/msn/client"
)

// A contact is someone on one of the lists.
type contact struct {
	handle, name string
	state        client.State
	note, song   string // what they say of themselves, and listen to
	lists        []client.List
}

// words are what they say of themselves, for the list.
func (p *contact) words() string {
	switch {
	case p.song == "":
		return p.note
	case p.note == "":
		return "listens to " + p.song
	}
	return p.note + " (listens to " + p.song + ")"
}

// waits tells whether somebody who has us on their list is to be allowed or blocked yet.
func (p *contact) waits() bool {
	on := func(l client.List) bool { return slices.Contains(p.lists, l) }
	return on(client.Reverse) && !on(client.Forward) && !on(client.Allow) && !on(client.Block)
}

// states maps the words that /state takes to states, and back.
var states = []struct {
	word  string
	state client.State
}{
	{"online", client.Online}, {"busy", client.Busy}, {"idle", client.Idle},
	{"brb", client.BeRightBack}, {"away", client.Away}, {"phone", client.OnPhone},
	{"lunch", client.OutToLunch}, {"hidden", client.Hidden}, {"offline", client.Offline},
}

func word(s client.State) string {
	for _, st := range states {
		if st.state == s {
			return st.word
		}
	}
	return string(s)
}

// take notes the lists.
func (c *Chat) take(r *client.Roster) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for list, entries := range r.Lists {
		for _, e := range entries {
			c.list(list, e, false)
		}
	}
}

// list notes that someone is on a list, or is not any more. It is called with mu
// held.
func (c *Chat) list(l client.List, e client.Entry, removed bool) {
	p := c.contact(e.Handle)
	if e.Name != "" {
		p.name = e.Name
	}
	p.lists = slices.DeleteFunc(p.lists, func(on client.List) bool { return on == l })
	if !removed {
		p.lists = append(p.lists, l)
		slices.Sort(p.lists)
	}
}

// contact finds or makes a contact. It is called with mu held.
func (c *Chat) contact(handle string) *contact {
	key := strings.ToLower(handle)
	p := c.contacts[key]
	if p == nil {
		p = &contact{handle: handle, state: client.Offline}
		c.contacts[key] = p
	}
	return p
}

// known lists the contacts that are on a list.
func (c *Chat) known() []contact {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ps []contact
	for _, key := range slices.Sorted(maps.Keys(c.contacts)) {
		if p := *c.contacts[key]; len(p.lists) > 0 {
			p.lists = slices.Clone(p.lists)
			ps = append(ps, p)
		}
	}
	return ps
}

// title is how a person is written: handle and name, if that says more.
func title(handle, name string) string {
	if name == "" || strings.EqualFold(name, handle) {
		return handle
	}
	return handle + " (" + name + ")"
}
