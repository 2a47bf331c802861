package matrix

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"msnbridge/bridge"
)

// tokens hand out the access token of a session and renew it, once for all requests that are under
// way. A token is stored before it is used: until then the homeserver still takes the old refresh
// token (client-server API, 1.15, "Refreshing access tokens"), so a crash at any point loses nothing.
type tokens struct {
	api      *api
	state    bridge.LoginState
	log      *slog.Logger
	renewing chan struct{} // holds a token while the access token is being renewed

	mu      sync.Mutex // guards the fields below
	session session
	later   time.Time // not renewed ahead of time before this
}

func newTokens(a *api, login bridge.Login, log *slog.Logger) *tokens {
	return &tokens{api: a, state: login.State, log: log, renewing: make(chan struct{}, 1)}
}

// use begins with a session, which is stored.
func (t *tokens) use(s session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.session = s
}

func (t *tokens) now() session {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.session
}

// current is the access token for a request. One that will soon expire is renewed before; if that
// fails it may still do.
func (t *tokens) current(ctx context.Context) string {
	s := t.now()
	if !t.wanted(s) || !t.acquire(ctx, time.Now().After(s.Expires)) {
		return s.Access
	}
	defer t.release()
	fresh, err := t.exchange(ctx, s.Access)
	if err != nil {
		t.log.Debug("matrix access token not renewed ahead of time", slog.String("reason", brief(err)))
		t.mu.Lock()
		t.later = time.Now().Add(t.api.times.Retry)
		t.mu.Unlock()
		return s.Access
	}
	return fresh
}

func (t *tokens) wanted(s session) bool {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	return s.live() && s.due(now) && now.After(t.later)
}

// renew returns an access token in place of stale, which the homeserver does not take (any more).
// It is stale itself if the session cannot be renewed: it has ended, or has no refresh token. An
// error means that it may work later.
func (t *tokens) renew(ctx context.Context, stale string) (string, error) {
	if !t.acquire(ctx, true) {
		return "", context.Cause(ctx)
	}
	defer t.release()
	return t.exchange(ctx, stale)
}

// acquire lets one request at a time renew the token.
func (t *tokens) acquire(ctx context.Context, wait bool) bool {
	select {
	case t.renewing <- struct{}{}:
		return true
	default:
	}
	if !wait {
		return false
	}
	select {
	case t.renewing <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (t *tokens) release() { <-t.renewing }

// exchange does what renew says, for one request at a time.
func (t *tokens) exchange(ctx context.Context, stale string) (string, error) {
	s := t.now()
	if s.Access != stale || !s.live() || s.Refresh == "" {
		return s.Access, nil
	}
	ctx, cancel := stubborn(ctx, t.api.times.Request)
	defer cancel()
	next, err := t.ask(ctx, s)
	if ended(err) {
		t.end(ctx, isSoft(err))
		return stale, nil
	}
	if err != nil {
		return "", fmt.Errorf("renew the access token: %w", err)
	}
	if err := next.keep(ctx, t.state); err != nil {
		return "", fmt.Errorf("store the new access token: %w", err)
	}
	t.use(next)
	return next.Access, nil
}

func (t *tokens) ask(ctx context.Context, s session) (session, error) {
	if s.How == authOAuth {
		return t.api.oauthRefresh(ctx, s)
	}
	return t.api.legacyRefresh(ctx, s)
}

// end notes that the homeserver does not take the session any more, and returns it as it is then.
func (t *tokens) end(ctx context.Context, soft bool) session {
	s := t.now()
	if s.Over != "" {
		return s
	}
	s.Over = hardEnd
	if soft {
		s.Over = softEnd
	}
	t.use(s)
	err := s.keep(ctx, t.state)
	if err == nil && !soft && s.How != authToken && s.How != authAppservice {
		err = t.state.Delete(ctx, stateDevice) // it must not be used again
	}
	if err != nil {
		t.log.Warn("end of the matrix session not stored", slog.Any("error", err))
	}
	return s
}

// lastWords is how long what must not be torn apart may go on when its context has ended.
const lastWords = 3 * time.Second

// stubborn is a context for what should come to its end although the request that has caused it is
// given up. It ends after limit, or a moment after ctx.
func stubborn(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	long, cancel := context.WithTimeout(context.Background(), limit)
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(lastWords, cancel)
		context.AfterFunc(long, func() { timer.Stop() })
	})
	return long, func() { stop(); cancel() }
}
