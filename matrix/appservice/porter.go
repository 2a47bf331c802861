package appservice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// How far back the news go of somebody who is lent a ghost because of an event.
const (
	lendBefore = time.Minute // before the event
	lendWithin = time.Hour   // before now, whatever the event says
)

// What the person is told who has invited a ghost that cannot come.
const (
	reasonOwn  = "This person uses a Matrix account of their own. Please write to that one."
	reasonNone = "There is nobody of this name (any more)."
)

// A porter looks after ghosts that nobody else looks after, because their accounts have not been lent
// them yet: whoever is invited is lent theirs, which then answers the invitation itself.
type porter struct {
	*Service
	strays strays
}

func (s *Service) newPorter() *reader {
	p := &porter{Service: s, strays: newStrays()}
	r := s.newReader("porter", p.act)
	r.sub = s.subscribeAll()
	r.concerns = p.concerns
	return r
}

// concerns tells whether an event asks for a ghost. Of those who are asked into one room at the same
// time each has a lane, so that there may be many.
func (p *porter) concerns(e *pushedEvent) (lane string, ok bool) {
	if handle, ok := p.summons(e); ok {
		return handle + " " + e.Room, true
	}
	if p.isSaid(e) && !p.followed(e.Room) && p.strays.begin(e.Room, e.ID) {
		return "stray " + e.Room, true
	}
	return "", false
}

// summons is the account whose ghost is invited, or made to join by somebody else.
func (p *porter) summons(e *pushedEvent) (handle string, ok bool) {
	m, ok := e.member()
	if !ok || m.Membership != "invite" && (m.Membership != "join" || e.Sender == *e.StateKey) {
		return "", false
	}
	return p.space.Handle(*e.StateKey)
}

func (p *porter) act(ctx context.Context, t task) error {
	if handle, ok := p.summons(&t.pushedEvent); ok {
		return p.summon(ctx, handle, &t.pushedEvent)
	}
	return p.lookAfter(ctx, &t.pushedEvent)
}

// since is from when on somebody wants to know what has happened, because of an event. What its
// sender says of the time is believed within limits.
func since(e *pushedEvent) int64 {
	now := time.Now()
	at := e.Time.Add(-lendBefore)
	if at.After(now) {
		at = now
	}
	if earliest := now.Add(-lendWithin); at.Before(earliest) {
		at = earliest
	}
	return at.Unix()
}

// summon lends an account the ghost that is invited. If that cannot be, the ghost declines.
func (p *porter) summon(ctx context.Context, handle string, e *pushedEvent) error {
	user := *e.StateKey
	err := p.house.Lend(ctx, handle, Network, since(e))
	switch {
	case errors.Is(err, bridge.ErrExists):
		if err := p.register(ctx, user); err != nil {
			return err
		}
		return p.decline(ctx, user, e.Room, reasonOwn)
	case errors.Is(err, bridge.ErrNotFound):
		return p.decline(ctx, user, e.Room, reasonNone)
	case err != nil:
		return fmt.Errorf("lend %s a ghost: %w", handle, err)
	}
	return nil
}

// decline has a ghost leave a room, with a reason. That the homeserver does not let it is the end of
// it: there is no such ghost, or the invitation was taken back.
func (p *porter) decline(ctx context.Context, user, room, reason string) error {
	client, err := p.as(user)
	if err != nil {
		return err
	}
	_, err = client.LeaveRoom(ctx, id.RoomID(room), &mautrix.ReqLeave{Reason: reason})
	if definite(err) {
		p.log.Debug("a ghost cannot decline an invitation", slog.String("user", user), slog.Any("error", err))
		return nil
	}
	return err
}

// definite tells whether the homeserver has decided against a request; else it may work later. That
// it does not know us any more is something an operator will mend.
func definite(err error) bool {
	var he mautrix.HTTPError
	if !errors.As(err, &he) || he.Response == nil || he.WrappedError != nil || errors.Is(err, mautrix.MUnknownToken) {
		return false
	}
	status := he.Response.StatusCode
	return status >= 400 && status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout
}
