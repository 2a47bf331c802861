package appservice

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
)

// A bell hands the desk what concerns the service's own user.
type bell struct {
	*Service
	sub   *Subscription
	rooms map[string]bool // that the user is in; for the goroutine that reads the log
}

func (s *Service) newBell() (*bell, *reader) {
	b := &bell{Service: s, sub: s.Subscribe(s.bot()), rooms: map[string]bool{}}
	r := s.newReader("desk", b.act)
	r.sub = b.sub
	r.observe, r.concerns = b.observe, b.concerns
	return b, r
}

// begin finds the rooms that the user is in.
func (b *bell) begin(ctx context.Context) error {
	if err := b.register(ctx, b.bot()); err != nil {
		b.log.Debug("the service's own user is not registered", slog.Any("error", err)) // but may be there
	}
	client, err := b.as(b.bot())
	if err != nil {
		return err
	}
	joined, err := client.JoinedRooms(ctx)
	if err != nil {
		return fmt.Errorf("rooms of %s: %w", b.bot(), err)
	}
	for _, room := range joined.JoinedRooms {
		b.rooms[room.String()] = true
	}
	b.follow()
	return nil
}

func (b *bell) follow() { b.sub.Follow(slices.Collect(maps.Keys(b.rooms))) }

// observe learns which rooms to follow.
func (b *bell) observe(e *pushedEvent) {
	if !b.own(e) {
		return
	}
	switch m, _ := e.member(); m.Membership {
	case "join":
		b.rooms[e.Room] = true
	case "leave", "ban":
		delete(b.rooms, e.Room)
	}
	b.follow()
}

// own tells whether an event is a change of the user's own membership.
func (b *bell) own(e *pushedEvent) bool {
	_, ok := e.member()
	return ok && *e.StateKey == b.bot()
}

// concerns takes all that the subscription brings but what is said where the user is not any more.
func (b *bell) concerns(e *pushedEvent) (lane string, ok bool) {
	return e.Room, b.rooms[e.Room] || b.own(e)
}

func (b *bell) act(ctx context.Context, t task) error { return b.desk.event(ctx, t.pushedEvent) }
