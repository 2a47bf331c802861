package matrix

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"

	"msnbridge/bridge"
)

const (
	leavingAtOnce = 8
	reasonGoes    = "not reached this way any more" // why a ghost leaves; shown in its rooms
)

// forgetGhost shows a ghost as offline, declines its invitations and leaves its rooms, as far as that
// is possible until ctx ends.
func (n *Network) forgetGhost(ctx context.Context, login bridge.Login) error {
	if n.ghosts == nil || login.State == nil {
		return nil // it cannot be spoken for any more
	}
	there, err := login.State.Get(ctx, stateRegistered)
	if err != nil || len(there) == 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, n.config.Times.Request)
	defer cancel()
	base, err := n.ghosts.base()
	if err != nil {
		return err
	}
	a, err := n.newAPI(base, login, n.config.Log)
	if err != nil {
		return err
	}
	defer n.ghosts.rest()
	return a.vanish(ctx)
}

// rest closes idle connections if no ghost is connected.
func (g *ghosts) rest() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.feeds) == 0 {
		g.transport.CloseIdleConnections()
	}
}

// vanish takes a user out of everything that others see.
func (a *api) vanish(ctx context.Context) error {
	var resp *syncResponse
	err := a.try(ctx, func() (err error) {
		ctx, cancel := a.limited(ctx)
		defer cancel()
		resp, err = a.sync(ctx, mautrix.ReqSync{FilterID: peekFilter, SetPresence: event.PresenceOffline})
		return err
	})
	if codeOf(err) == "M_FORBIDDEN" {
		return nil // there is no such user (any more)
	}
	if err != nil {
		return fmt.Errorf("the ghost stays in its rooms: %s", brief(err))
	}
	shown := a.try(ctx, func() error { return a.putPresence(ctx, presenceBody(bridge.Presence{}, false)) })
	if definite(shown) {
		shown = nil // there is no presence
	}
	rooms := slices.Concat(slices.Sorted(maps.Keys(resp.Rooms.Invite)), slices.Sorted(maps.Keys(resp.Rooms.Join)))
	rooms = slices.DeleteFunc(rooms, func(room string) bool { return !validRoom(room) })
	return errors.Join(shown, a.leaveAll(ctx, rooms))
}

// leaveAll leaves rooms, a few at once.
func (a *api) leaveAll(ctx context.Context, rooms []string) error {
	var (
		group sync.WaitGroup
		stays atomic.Int64
		slots = make(chan struct{}, leavingAtOnce)
	)
	for _, room := range rooms {
		slots <- struct{}{}
		group.Go(func() {
			if err := a.try(ctx, func() error { return a.leave(ctx, room, reasonGoes) }); err != nil && !definite(err) {
				stays.Add(1)
			}
			<-slots
		})
	}
	group.Wait()
	if left := stays.Load(); left > 0 {
		return fmt.Errorf("the ghost is still in %d of %d rooms", left, len(rooms))
	}
	return nil
}
