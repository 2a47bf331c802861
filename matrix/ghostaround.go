package matrix

import (
	"context"
	"time"
)

// glancesAtOnce is how many peeks are under way.
const glancesAtOnce = 4

// An around is the goroutine that has ghosts look around them in turn.
type around struct {
	stop context.CancelFunc
	done chan struct{}
}

// lookAround begins to have ghosts peek, one after another.
func (g *ghosts) lookAround() *around {
	ctx, stop := context.WithCancel(context.Background())
	a := &around{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(a.done)
		slots := make(chan struct{}, glancesAtOnce)
		for g.glanceNext(ctx, slots) == nil {
		}
	}()
	return a
}

// lookUp has it looked anew whose turn it is.
func (g *ghosts) lookUp() {
	if g == nil {
		return
	}
	select {
	case g.look <- struct{}{}:
	default:
	}
}

// glanceNext waits for the ghost that has waited longest beyond its time, and has it peek.
func (g *ghosts) glanceNext(ctx context.Context, slots chan struct{}) error {
	f, wait := g.whoseTurn(time.Now())
	if f == nil || wait > 0 {
		return g.sleep(ctx, wait)
	}
	select {
	case slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if !f.begin() {
		<-slots
		return ctx.Err()
	}
	if !f.spawned(func(ctx context.Context) {
		f.peek(ctx)
		<-slots
		g.lookUp()
	}) {
		<-slots
	}
	return pause(ctx, g.times.Glance)
}

// sleep waits for a time, or until there may be something to do.
func (g *ghosts) sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-g.look:
	case <-timer.C:
	}
	return nil
}

// whoseTurn is the ghost that should peek next, and how long that has time; nil: nobody should.
func (g *ghosts) whoseTurn(now time.Time) (next *ghostFeed, wait time.Duration) {
	g.mu.Lock()
	feeds := make([]*ghostFeed, 0, len(g.feeds))
	for f := range g.feeds {
		feeds = append(feeds, f)
	}
	g.mu.Unlock()
	wait = g.times.Look
	for _, f := range feeds {
		if left, never := f.due(now); !never && (next == nil || left < wait) {
			next, wait = f, left
		}
	}
	return next, wait
}
