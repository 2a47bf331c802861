package matrix

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"

	"msnbridge/bridge"
)

// Connect signs login in at its homeserver, reads which rooms the account has, and starts to ask
// for news. A new login begins with what the homeserver has now: nothing older than login.Since is
// emitted.
func (n *Network) Connect(ctx context.Context, login bridge.Login, emit bridge.Emit) (bridge.Conn, error) {
	login.Keys = maps.Clone(login.Keys)
	if err := n.Check(login.Keys, login.Secret); err != nil {
		return nil, n.unfit(login, err)
	}
	if err := n.checkOwner(login); err != nil {
		return nil, err
	}
	base, err := n.locate(ctx, login)
	if err != nil {
		return nil, err
	}
	c, err := n.newConn(ctx, login, emit)
	if err != nil {
		return nil, err
	}
	if c.api, err = n.newAPI(base, login, c.log); err != nil {
		return nil, err
	}
	c.takeFeed()
	first, err := c.introduce(ctx)
	if err != nil {
		c.end(err)
		return nil, err
	}
	c.start(first)
	return c, nil
}

func (n *Network) newConn(ctx context.Context, login bridge.Login, emit bridge.Emit) (*Conn, error) {
	if login.State == nil {
		return nil, errors.New("a login without state")
	}
	log := login.Log
	if log == nil {
		log = n.config.Log
	}
	c := &Conn{
		net: n, login: login, emit: emit, log: log, times: n.config.Times, me: login.Keys[keyUser],
		done: make(chan struct{}), emitting: make(chan struct{}, 1), putting: make(chan struct{}, 1),
		kick: make(chan struct{}, 1), read: make(chan struct{}, 1), reading: make(chan struct{}, backAtOnce),
		gaps: map[string]*gap{},
		told: map[string]bridge.Contact{}, invites: map[string]invite{}, marking: map[string]mark{},
		sessions: map[string]string{}, doubted: map[string]bool{},
		gone: map[string]bool{}, typed: map[string]bool{}, typists: map[typistKey]typist{}, going: map[string]string{},
	}
	c.ctx, c.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	c.closing, c.close = context.WithCancel(context.WithoutCancel(ctx))
	c.rooms = newModel(c.me)
	c.rosters, c.upgrades = map[string]*roster{}, newUpgrades()
	c.standings, c.learned = newStandings(), make(chan struct{})
	c.people = newPeople(login.Initial, serverOf(c.me))
	return c, nil
}

// introduce does all that comes before the first news, so that the rooms are known when Connect
// returns. What the account has to be told of them is returned.
func (c *Conn) introduce(ctx context.Context) (*batch, error) {
	if c.ghosts != nil {
		return c.introduceGhost(ctx)
	}
	if err := c.learnVersions(ctx); err != nil {
		return nil, err
	}
	if err := c.signIn(ctx); err != nil {
		return nil, err
	}
	if err := c.startCipher(ctx); err != nil {
		return nil, err
	}
	return c.learnRooms(ctx)
}

// takeFeed decides where the news come from, which has to be known before anything is asked.
func (c *Conn) takeFeed() {
	if !c.net.Lent(c.login.Keys) {
		c.feed = longPoll{c}
		return
	}
	c.ghosts = c.net.ghosts
	f := newGhostFeed(c)
	c.feed, c.api.silence = f, f.doubt
	c.ghosts.add(f)
}

// learnRooms begins with what is kept of the login and what the homeserver has.
func (c *Conn) learnRooms(ctx context.Context) (*batch, error) {
	if err := c.recall(ctx); err != nil {
		return nil, fmt.Errorf("read what is kept of the login: %w", err)
	}
	resp, err := c.feed.first(ctx)
	if err != nil {
		return nil, c.refusal("first sync", err)
	}
	if err := c.untold(ctx); err != nil {
		return nil, err
	}
	p, err := c.firstPurpose(ctx)
	if err != nil {
		return nil, err
	}
	first, err := c.digest(ctx, resp, p, "")
	if err != nil {
		return nil, err
	}
	return first, c.recallGaps(ctx, first)
}

// firstPurpose is what the first answer to /sync is used for.
func (c *Conn) firstPurpose(ctx context.Context) (purpose, error) {
	if len(c.login.Position) == 0 {
		return beginning, nil
	}
	refused, err := c.login.State.Get(ctx, stateRefused)
	if err == nil && bytes.Equal(refused, c.login.Position) {
		c.log.Warn("matrix sync position was refused, begins afresh")
		return afresh, nil
	}
	return background, err
}

// learnVersions makes sure that there is a homeserver, and learns what it can do.
func (c *Conn) learnVersions(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.times.Request/2) // or it would delay the next try
	defer cancel()
	versions, err := c.api.client.Versions(ctx)
	if err == nil && (versions == nil || len(versions.Versions) == 0) || definite(err) {
		return fmt.Errorf("there is no Matrix homeserver at %s", c.api.client.HomeserverURL.Host)
	}
	if err != nil {
		return fmt.Errorf("the homeserver at %s cannot be reached: %s", c.api.client.HomeserverURL.Host, brief(err))
	}
	c.busy = versions.UnstableFeatures["org.matrix.msc3026.busy_presence"]
	return nil
}

// start begins with what Connect has learnt.
func (c *Conn) start(first *batch) {
	c.log.Debug("matrix login accepted", slog.String("homeserver", c.api.client.HomeserverURL.Host),
		slog.String("device", string(c.api.client.DeviceID)))
	c.spawn(c.clock)
	if c.cipher != nil {
		c.spawn(c.cipher.deliver)
	}
	c.spawn(c.restorePresence)
	go c.run(first)
}
