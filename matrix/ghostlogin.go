package matrix

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"msnbridge/bridge"
	"msnbridge/matrix/appservice"
)

// stateRegistered is kept once the homeserver has the ghost.
const stateRegistered = "registered"

// noteGhost is why a ghost has no encryption: an application service is not told the keys (that
// would be MSC3202, which few homeservers have).
const noteGhost = "this is a ghost, which cannot read encrypted chats"

// checkLent says what is wrong with the keys of a ghost. They name no homeserver: the service's
// token must not go elsewhere.
func (n *Network) checkLent(keys map[string]string, secret bridge.Secret) error {
	if n.ghosts == nil {
		return errors.New("auth: there is no application service; [matrix.appservice] is missing")
	}
	if _, ok := n.ghosts.service.Namespace().Handle(keys[keyUser]); !ok {
		return errors.New("user: is not one of this service's own, for which auth=appservice is")
	}
	if _, given := keys[keyHomeserver]; given {
		return errors.New("homeserver: belongs to [matrix.appservice]")
	}
	if secret.Reveal() != "" {
		return errors.New("auth: with appservice no password is given")
	}
	return nil
}

// unfitWait is when a login is tried again that was lent and does not fit the configuration any more:
// with another configuration there is another process.
const unfitWait = time.Hour

// unfit is the error of Connect for a login whose keys make no sense. If it was lent its owner has
// done nothing wrong: the operator has changed [matrix.appservice] since, or taken it away, for all
// that were lent.
func (n *Network) unfit(login bridge.Login, err error) error {
	if !n.Lent(login.Keys) {
		return &bridge.RejectedError{Reason: err.Error()}
	}
	n.unfits.Do(func() {
		n.config.Log.Warn("matrix ghosts that were lent cannot be used as matrix is configured now", slog.String("such as", login.Account), slog.Any("reason", err))
	})
	return &bridge.LaterError{Wait: unfitWait, Err: fmt.Errorf("the operator has changed how ghosts are lent: %w", err), Quiet: true}
}

// checkOwner makes sure that nobody is lent another's ghost.
func (n *Network) checkOwner(login bridge.Login) error {
	if !n.Lent(login.Keys) {
		return nil
	}
	if user, ok := n.ghosts.service.Namespace().UserID(login.Account); !ok || user != login.Keys[keyUser] {
		return rejected(fmt.Sprintf("%s is not the ghost of %s", login.Keys[keyUser], login.Account))
	}
	return nil
}

// introduceGhost is introduce for a ghost: of what can be had once for all of them, nothing is asked
// again.
func (c *Conn) introduceGhost(ctx context.Context) (*batch, error) {
	there, err := c.login.State.Get(ctx, stateRegistered)
	if err != nil {
		return nil, err
	}
	isNew := len(there) == 0
	leave, err := c.ghosts.enter(ctx, c.api, isNew)
	if err != nil {
		return nil, err
	}
	defer leave()
	c.noCipher = noteGhost
	c.ghosts.tell(c)
	c.hideUnwanted()
	if isNew {
		if err := c.register(ctx); err != nil {
			return nil, err
		}
	}
	if err := c.recallGhost(ctx); err != nil {
		return nil, err
	}
	first, err := c.learnRooms(ctx)
	if f, _ := c.feed.(*ghostFeed); f.forbidden != nil {
		return nil, c.unknown(ctx, isNew, f.forbidden)
	}
	if err == nil {
		c.ghosts.works(reaching)
	}
	return first, err
}

// unknown is the error of a ghost that the homeserver does not know, or that the service may not
// speak for. In the first case it is made (again).
func (c *Conn) unknown(ctx context.Context, isNew bool, err error) error {
	if err := c.login.State.Delete(ctx, stateRegistered); err != nil {
		return err
	}
	if isNew {
		return c.ghosts.fails(making, ghostNoSpace, err)
	}
	return fmt.Errorf("the homeserver does not know the ghost, which is made anew: %s", brief(err))
}

// tell has a connection know what other ghosts have learnt of the homeserver.
func (g *ghosts) tell(c *Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c.busy = g.busy
	c.people.missing, c.people.decided = g.missing, g.decided
}

// learn takes in whether the homeserver has presence.
func (g *ghosts) learn(missing bool) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.missing, g.decided = missing, true
}

// register makes the ghost. That there is one already is fine.
func (c *Conn) register(ctx context.Context) error {
	user, err := c.api.enlist(ctx)
	switch why := makingTroubles[codeOf(err)]; {
	case codeOf(err) == "M_USER_IN_USE":
	case why != "":
		return c.ghosts.fails(making, why, err)
	case err != nil:
		return c.refusal("make a ghost", err)
	case user != "" && user != c.me:
		return c.ghosts.fails(making, ghostNoDomain, nil)
	}
	c.ghosts.works(making)
	return c.login.State.Put(ctx, stateRegistered, []byte("1"))
}

// enlist makes our user one of the application service, and returns who it is.
func (a *api) enlist(ctx context.Context) (user string, err error) {
	ctx, cancel := a.limited(ctx)
	defer cancel()
	client := a.stranger() // there is no user yet to speak for
	client.AccessToken = a.client.AccessToken
	return appservice.Enlist(ctx, client, string(a.client.UserID))
}
