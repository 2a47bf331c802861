package bridge

import (
	"context"
	"fmt"
)

// A ContactStatus is somebody, or a room, that an account has to do with.
type ContactStatus struct {
	Handle   string
	Addr     Addr
	Name     string // as the network says, or else as the forward list has it
	Kind     Kind
	Presence Presence // a room that the account is in is Online
	Blocked  bool
}

// Contacts lists who of a network stands on an account's forward list, in the order in which they
// came; ErrNotFound.
func (b *Bridge) Contacts(ctx context.Context, handle, network string) ([]ContactStatus, error) {
	return on(ctx, b, handle, func(a *account) (all []ContactStatus) {
		for _, e := range a.entries {
			if e.On(FL) && e.Addr.Network == network {
				all = append(all, a.contactStatus(e))
			}
		}
		return all
	})
}

func (a *account) contactStatus(e *Entry) ContactStatus {
	s := ContactStatus{Handle: e.Handle, Addr: e.Addr, Name: e.Name, Kind: e.Kind, Blocked: e.On(BL)}
	if l := a.logins[e.Addr.Network]; l != nil {
		p := l.people[e.Addr]
		s.Presence = p.presence
		if p.name != "" {
			s.Name = p.name
		}
	}
	return s
}

// Having lists the accounts that have somebody of another network on their forward list, and do not
// block them, in handle order, as that person sees them.
func (b *Bridge) Having(ctx context.Context, who Addr) ([]ContactStatus, error) {
	handles, err := b.store.Having(ctx, who)
	if err != nil {
		return nil, fmt.Errorf("read who has %s: %w", who.ID, err)
	}
	seer := b.handles.handle(who)
	var all []ContactStatus
	for _, handle := range handles {
		s := ContactStatus{Handle: handle, Addr: Addr{Local, handle}, Name: handle, Kind: Person}
		if a := b.loaded(handle); a != nil {
			v := a.face.Load().seenBy(seer)
			s.Name, s.Presence = v.name, v.presence
		} else if info, err := b.Account(ctx, handle); err == nil {
			s.Name = info.Name
		}
		all = append(all, s)
	}
	return all, nil
}
