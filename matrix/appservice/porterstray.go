package appservice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"msnbridge/bridge"
)

// Strays are rooms in which something is said and which nobody follows: the ghost there was lent to
// an account by a database that has been lost since, if there is such an account at all.
type strays struct {
	begun time.Time
	pace  *rate.Limiter // of questions to the homeserver

	turn chan struct{} // held by whoever asks the homeserver

	mu      sync.Mutex          // guards the fields below
	seen    map[string]stray    // by room
	asked   map[string]bool     // accounts whose ghosts' rooms are known
	members map[string][]string // by room: ghosts that nobody looks after
}

// A stray is the event because of which a room was last looked after, and when that was.
type stray struct {
	event string
	at    time.Time
}

const (
	maxStrays  = 10000            // rooms that are remembered
	strayAgain = time.Hour        // after which a room is looked after once more
	settleTime = 2 * time.Minute  // after the start, in which everybody takes up their rooms
	askEvery   = time.Second / 4  // a question to the homeserver
	askTime    = 20 * time.Second // that questions take at a time
)

func newStrays() strays {
	return strays{
		begun: time.Now(), pace: rate.NewLimiter(rate.Every(askEvery), 20), turn: make(chan struct{}, 1),
		seen: map[string]stray{}, asked: map[string]bool{}, members: map[string][]string{},
	}
}

// begin tells whether a room has to be looked after because of an event: the first one in a while.
func (s *strays) begin(room, event string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, ok := s.seen[room]; ok && time.Since(last.at) < strayAgain {
		return last.event == event
	}
	if len(s.seen) >= maxStrays {
		for any := range s.seen {
			delete(s.seen, any)
			break
		}
	}
	s.seen[room] = stray{event, time.Now()}
	return true
}

// isSaid tells whether an event is something that a person wants to be read.
func (p *porter) isSaid(e *pushedEvent) bool {
	said := e.Type == "m.room.message" || e.Type == "m.room.encrypted" || e.Type == "m.sticker"
	return said && e.StateKey == nil && e.Sender != p.bot() && !p.space.Owns(e.Sender)
}

// lookAfter lends the ghosts in a room to their accounts, if they are not lent.
func (p *porter) lookAfter(ctx context.Context, e *pushedEvent) error {
	ghosts, err := p.ghostsIn(ctx, e.Room)
	if err != nil {
		return err
	}
	for _, user := range ghosts {
		handle, ok := p.space.Handle(user)
		if !ok {
			continue
		}
		err := p.house.Lend(ctx, handle, Network, since(e))
		if err != nil && !errors.Is(err, bridge.ErrExists) && !errors.Is(err, bridge.ErrNotFound) {
			return fmt.Errorf("lend %s a ghost: %w", handle, err)
		}
	}
	return nil
}

// ghostsIn are the ghosts that may be in a room: those of which the log knows, else those that the
// homeserver finds there.
func (p *porter) ghostsIn(ctx context.Context, room string) ([]string, error) {
	j, err := p.journal(ctx)
	if err != nil {
		return nil, err
	}
	ghosts, err := j.subjects(ctx, room, "@"+p.space.Prefix)
	if err != nil || len(ghosts) > 0 {
		return ghosts, err
	}
	if time.Since(p.strays.begun) < settleTime {
		return nil, errLater
	}
	if p.followed(room) {
		return nil, nil
	}
	return p.findIn(ctx, room)
}

// findIn asks the homeserver about the rooms of all ghosts that are not lent, each once.
func (p *porter) findIn(ctx context.Context, room string) ([]string, error) {
	select {
	case p.strays.turn <- struct{}{}:
		defer func() { <-p.strays.turn }()
	case <-ctx.Done():
		return nil, errLater
	}
	idle, err := p.unlent(ctx)
	if err != nil {
		return nil, err
	}
	end := time.Now().Add(askTime)
	for _, handle := range idle {
		if time.Now().After(end) {
			return nil, errLater
		}
		if err := p.ask(ctx, handle); err != nil {
			return nil, err
		}
	}
	p.strays.mu.Lock()
	defer p.strays.mu.Unlock()
	return slices.Clone(p.strays.members[room]), nil
}

// unlent are the accounts that have no login on Matrix, and whose ghosts' rooms are not known.
func (p *porter) unlent(ctx context.Context) ([]string, error) {
	accounts, err := p.house.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	logins, err := p.house.Logins(ctx, "")
	if err != nil {
		return nil, err
	}
	has := map[string]bool{}
	for _, l := range logins {
		has[l.Account] = has[l.Account] || l.Network == Network
	}
	p.strays.mu.Lock()
	defer p.strays.mu.Unlock()
	var idle []string
	for _, a := range accounts {
		if !has[a.Handle] && !p.strays.asked[a.Handle] {
			idle = append(idle, a.Handle)
		}
	}
	return idle, nil
}

// ask asks in which rooms the ghost of an account is. There may be none.
func (p *porter) ask(ctx context.Context, handle string) error {
	user, ok := p.space.UserID(handle)
	if !ok {
		return nil
	}
	client, err := p.as(user)
	if err != nil {
		return err
	}
	if err := p.strays.pace.Wait(ctx); err != nil {
		return errLater
	}
	joined, err := client.JoinedRooms(ctx)
	if err != nil && !definite(err) {
		return fmt.Errorf("rooms of %s: %w", user, err)
	}
	p.strays.mu.Lock()
	defer p.strays.mu.Unlock()
	p.strays.asked[handle] = true
	if err != nil || len(joined.JoinedRooms) == 0 {
		return nil
	}
	p.log.Info("a ghost is found that was lent once", slog.String("user", user), slog.Int("rooms", len(joined.JoinedRooms)))
	for _, room := range joined.JoinedRooms {
		if len(p.strays.members) < maxStrays {
			p.strays.members[room.String()] = append(p.strays.members[room.String()], user)
		}
	}
	return nil
}
