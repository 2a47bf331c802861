package bridgetest

import (
	"context"
	"strconv"
	"time"

	"msnbridge/bridge"
)

// AddPerson makes a person or a room, or changes one's name and presence. Those
// who watch the person are told of the presence.
func (n *Network) AddPerson(id, name string, p bridge.Presence) {
	n.mu.Lock()
	n.people[id] = person{name: name, presence: p}
	n.mu.Unlock()
	n.tellPresence(id)
}

// SetPresence changes a person's presence and tells those who watch.
func (n *Network) SetPresence(id string, p bridge.Presence) {
	n.mu.Lock()
	who := n.people[id]
	who.presence = p
	n.people[id] = who
	n.mu.Unlock()
	n.tellPresence(id)
}

// RemovePerson makes a person unknown to the network.
func (n *Network) RemovePerson(id string) {
	n.mu.Lock()
	delete(n.people, id)
	n.mu.Unlock()
	n.tellPresence(id)
}

func (n *Network) person(id string) (person, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p, ok := n.people[id]
	return p, ok
}

// tellPresence hands the presence to every connection that watches the person.
func (n *Network) tellPresence(id string) {
	for _, c := range n.live() {
		c.tellPresence(id)
	}
}

func (n *Network) live() []*Conn {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []*Conn
	for _, c := range n.conns {
		all = append(all, c)
	}
	return all
}

// Say makes the person from write text to the account, as a message with an ID
// of its own, and returns that message once Emit has returned.
func (n *Network) Say(ctx context.Context, account, from, text string) (bridge.Message, error) {
	who, _ := n.person(from)
	m := bridge.Message{
		ID: n.newID(), Chat: n.Addr(from), From: n.Addr(from), Name: who.name,
		Text: text, Time: time.Now(),
	}
	return m, n.Emit(ctx, account, nil, bridge.MessageReceived{Message: m})
}

func (n *Network) newID() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ids++
	return "m" + strconv.Itoa(n.ids)
}

// Emit hands events to the account, with a position if one is given, and returns
// what the bridge's Emit returned. ErrClosed if the account is not connected.
// It must not be called from OnSend and the like for the same account.
func (n *Network) Emit(ctx context.Context, account string, position []byte, evs ...bridge.Event) error {
	c := n.Conn(account)
	if c == nil {
		return bridge.ErrClosed
	}
	return c.emitWait(ctx, position, evs)
}

// SetMembers says who is in a room, which AddPerson has made. Connections that
// have asked for its members are told by Emit alone.
func (n *Network) SetMembers(room string, members ...bridge.Contact) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.members[room] = members
}

func (n *Network) membersOf(room string) []bridge.Contact {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.members[room]
}
