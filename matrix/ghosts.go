package matrix

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"msnbridge/bridge"
	"msnbridge/matrix/appservice"
)

const (
	ghostsAtOnce = 8  // ghosts that are being signed in
	ghostSockets = 16 // idle connections to the homeserver, of all ghosts
)

// ghosts is what the ghosts of a network share: their homeserver, the way there, and what keeps all
// of them from it.
type ghosts struct {
	service   *appservice.Service
	transport *http.Transport
	times     Times
	log       *slog.Logger

	doors chan struct{} // holds a token for each ghost that is being signed in
	turn  chan struct{} // holds a token while the homeserver is asked what it can do
	look  chan struct{} // wakes the one who looks around
	shown chan struct{} // holds a token for each presence that is being put

	mu       sync.Mutex // guards the fields below
	feeds    map[*ghostFeed]bool
	around   *around    // nil: nobody looks around
	known    bool       // the homeserver has said what it can do
	busy     bool       // it knows the presence "busy"
	decided  bool       // it is known whether it has presence
	missing  bool       // it has none
	troubles [2]trouble // by hurdle
}

var _ bridge.Lender = (*Network)(nil)

func newGhosts(c Config) *ghosts {
	t := c.Transport.Clone()
	t.MaxIdleConnsPerHost = ghostSockets
	return &ghosts{
		service: c.Appservice, transport: t, times: c.Times, log: c.Log,
		doors: make(chan struct{}, ghostsAtOnce), turn: make(chan struct{}, 1), look: make(chan struct{}, 1),
		shown: make(chan struct{}, shownAtOnce),
		feeds: map[*ghostFeed]bool{},
	}
}

// owns tells whether a user is one of ours.
func (g *ghosts) owns(user string) bool {
	return g != nil && g.service.Namespace().Owns(user)
}

// notOurs is an error if a user is one of ours: behind it is somebody who can be added by their own
// address, and not by way of Matrix.
func (g *ghosts) notOurs(user string) error {
	if !g.owns(user) {
		return nil
	}
	if handle, ok := g.service.Namespace().Handle(user); ok {
		return fmt.Errorf("%w: %s stands for %s, who is on this service; add that address", bridge.ErrNoSuchPerson, user, handle)
	}
	return fmt.Errorf("%w: %s is one of this service's own", bridge.ErrNoSuchPerson, user)
}

// base is where the homeserver is.
func (g *ghosts) base() (*url.URL, error) {
	return parseBaseURL(strings.TrimRight(g.service.Config().Homeserver, "/"))
}

// lend has an api speak for its user with the service's token (application service API, 1.15,
// "Identity assertion").
func (g *ghosts) lend(a *api) {
	a.transport, a.shared = g.transport, true
	a.client.SetAppServiceUserID = true
	a.begin(session{
		How: authAppservice, User: string(a.client.UserID), Access: g.service.Config().ASToken.Reveal(),
	})
}

// add counts a ghost that has a connection, and remove one that has none any more. The last one
// closes the door.
func (g *ghosts) add(f *ghostFeed) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.feeds[f] = true
	if g.around == nil {
		g.around = g.lookAround()
	}
}

func (g *ghosts) remove(f *ghostFeed) {
	g.mu.Lock()
	delete(g.feeds, f)
	last := g.around
	if len(g.feeds) > 0 || last == nil {
		g.mu.Unlock()
		return
	}
	g.around = nil
	g.mu.Unlock()
	last.stop()
	<-last.done
	g.transport.CloseIdleConnections()
}

// enter waits until a ghost may be connected, one that has to be made first at the pace of those,
// and is a LaterError while none can. leave lets in the next.
func (g *ghosts) enter(ctx context.Context, a *api, isNew bool) (leave func(), err error) {
	if isNew {
		err := g.kept(making)
		if err == nil {
			err = g.service.Pace(ctx)
		}
		if err != nil {
			return nil, err
		}
	}
	select {
	case g.doors <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	leave = func() { <-g.doors }
	err = g.ready(ctx, a)
	if err == nil && isNew {
		err = g.kept(making)
	}
	if err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

// ready makes sure that there is a homeserver, and learns what it can do, once for all ghosts.
func (g *ghosts) ready(ctx context.Context, a *api) error {
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-g.turn }()
	g.mu.Lock()
	known, err := g.known, g.troubles[reaching].now(time.Now())
	g.mu.Unlock()
	if known || err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, g.times.Request/2)
	defer cancel()
	versions, err := a.stranger().Versions(ctx)
	if err == nil && (versions == nil || len(versions.Versions) == 0) || definite(err) {
		return g.fails(reaching, ghostNoServer, nil)
	}
	if err != nil {
		return g.away(ctx, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.known, g.busy = true, versions.UnstableFeatures["org.matrix.msc3026.busy_presence"]
	return nil
}

// Lend implements bridge.Lender.
func (n *Network) Lend(account string) (keys map[string]string, ok bool) {
	if n.ghosts == nil {
		return nil, false
	}
	user, ok := n.ghosts.service.Namespace().UserID(account)
	if !ok {
		return nil, false
	}
	return map[string]string{keyUser: user, keyAuth: authAppservice}, true
}

// Lent implements bridge.Lender.
func (n *Network) Lent(keys map[string]string) bool { return keys[keyAuth] == authAppservice }
