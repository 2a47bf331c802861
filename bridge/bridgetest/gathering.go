package bridgetest

import (
	"context"
	"errors"
	"slices"

	"msnbridge/bridge"
)

// A GatherFunc makes a room of an account with people.
type GatherFunc func(ctx context.Context, account string, people []bridge.Addr) (bridge.Contact, error)

// OnGather sets what becomes of people who are to be gathered in a new room; see
// NewRoom. Nil, as at first: the network has no such thing.
func (n *Network) OnGather(f GatherFunc) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.onGather = f
}

// NewRoom is for OnGather: it makes the room with this ID and name, in which nobody
// is yet but who has made it.
func (n *Network) NewRoom(id, name string) GatherFunc {
	return func(context.Context, string, []bridge.Addr) (bridge.Contact, error) {
		n.AddPerson(id, name, bridge.Presence{State: bridge.Online})
		return bridge.Contact{Addr: n.Addr(id), Name: name}, nil
	}
}

// Gather implements bridge.Conn: see Network.OnGather.
func (c *Conn) Gather(ctx context.Context, people []bridge.Addr) (bridge.Contact, error) {
	if err := c.record(Call{Method: "Gather", People: slices.Clone(people)}); err != nil {
		return bridge.Contact{}, err
	}
	c.n.mu.Lock()
	f := c.n.onGather
	c.n.mu.Unlock()
	if f == nil {
		return bridge.Contact{}, errors.ErrUnsupported
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(c.ctx, func() { cancel(bridge.ErrClosed) })()
	return f(ctx, c.login.Account, people)
}

// Found makes a room, or changes it, and tells the account that its login is in it.
// It returns what the bridge's Emit returned.
func (n *Network) Found(ctx context.Context, account string, room bridge.Contact) error {
	n.AddPerson(room.Addr.ID, room.Name, bridge.Presence{State: bridge.Online})
	return n.Emit(ctx, account, nil, bridge.ContactFound{Contact: room})
}

// SetAlias makes alias an ID that stands for the room with the other one.
func (n *Network) SetAlias(alias, id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.aliases[alias] = id
}

// contact is who or what an address stands for; ErrNoSuchPerson if there is nobody.
func (n *Network) contact(a bridge.Addr) (bridge.Contact, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if id := n.aliases[a.ID]; id != "" {
		a.ID = id
	}
	who, ok := n.people[a.ID]
	if !ok {
		return bridge.Contact{}, bridge.ErrNoSuchPerson
	}
	return bridge.Contact{Addr: a, Name: who.name}, nil
}
