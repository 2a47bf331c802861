package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"
)

// forgetTime is what networks have in all to take back what removed logins have there.
const forgetTime = 10 * time.Second

// A leftBehindError says what has not been taken back of logins that are removed.
type leftBehindError struct {
	what string // was removed
	left []string
}

func (e *leftBehindError) Error() string {
	return "the " + e.what + " is removed, but " + strings.Join(e.left, ", and ")
}

func (e *leftBehindError) Is(target error) bool { return target == ErrLeftBehind }

// forgetLogins has networks take back what logins have there that have ended. It
// returns what could not be.
func (b *Bridge) forgetLogins(ctx context.Context, recs []LoginRecord) (left []string) {
	ctx, cancel := context.WithTimeout(ctx, forgetTime)
	defer cancel()
	var wg sync.WaitGroup
	errs := make([]error, len(recs))
	for i, rec := range recs {
		wg.Go(func() { errs[i] = b.forgetLogin(ctx, rec) })
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			left = append(left, b.leftOf(recs[i], oneLine(err.Error())))
		}
	}
	return left
}

// leftOf says what a network has not taken back of a login, and who can.
func (b *Bridge) leftOf(rec LoginRecord, why string) string {
	title := b.handles.byName[rec.Network].Title()
	if b.isLent(rec) {
		return fmt.Sprintf("its ghost on %s could not be taken back: %s", title, why)
	}
	return fmt.Sprintf("its session on %s could not be ended: %s; end it in another client", title, why)
}

func (b *Bridge) forgetLogin(ctx context.Context, rec LoginRecord) error {
	log := b.log.With("account", rec.Account, "network", rec.Network)
	silent := func(string) {}
	err := b.handles.byName[rec.Network].Forget(ctx, Login{Account: rec.Account, Network: rec.Network,
		Keys: maps.Clone(rec.Keys), Secret: rec.Secret, Position: rec.Position, Since: rec.Since,
		State: b.store.State(rec.Account, rec.Network), Log: log, Say: silent, Await: silent})
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil {
		log.Warn("the network has not taken back what a removed login has there", "err", err)
	}
	return err
}

// removing returns a context for a removal that has begun. It goes on when whoever
// has asked for it has gone, but not when Run ends: then all is as if the process had
// died, and the login is there when it starts again.
func (b *Bridge) removing(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	b.mu.RLock()
	running := b.running
	b.mu.RUnlock()
	if running == nil {
		return ctx, cancel
	}
	stop := context.AfterFunc(running, cancel)
	return ctx, func() { stop(); cancel() }
}

// takeBack waits for logins to end, and has their networks forget them. It returns
// what could not be taken back.
func (b *Bridge) takeBack(ctx context.Context, ls []*login) (left []string, err error) {
	if err := waitEnded(ctx, ls); err != nil {
		return nil, err
	}
	recs := make([]LoginRecord, len(ls))
	for i, l := range ls {
		rec, ok := ask(l.a, func() LoginRecord { return l.rec })
		if !ok {
			return nil, ErrStore // the account has left memory
		}
		recs[i] = rec
	}
	left = b.forgetLogins(ctx, recs)
	return left, ctx.Err()
}
