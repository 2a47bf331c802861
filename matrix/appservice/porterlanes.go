package appservice

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// Bounds of what a reader does at a time.
const (
	maxTasks     = 1000 // under way and waiting; beyond, the reader waits, and the log keeps the rest
	maxRoomTasks = 100  // of these in one lane, or about one room that make trouble; what is beyond is passed over
	maxActing    = 8    // that are being acted upon

	attemptTime = 45 * time.Second // for one attempt
	firstPause  = time.Second      // before the second attempt; each further one is twice as long
	longPause   = time.Minute      // but no longer than this
	laterPause  = 15 * time.Second // after an attempt that was too early
	maxAttempts = 20               // which take about a quarter of an hour, and more with attempts that hang
)

// A task is something to be done about an event.
type task struct {
	lane string
	pushedEvent
}

// errLater is the error of a task that has no trouble, but cannot be ended yet.
var errLater = errors.New("not yet")

// lanes carry tasks out: those of one lane one after another, whatever trouble another one has. What
// fails is tried again some times, while its lane waits.
type lanes struct {
	log    *slog.Logger
	act    func(ctx context.Context, t task) error
	done   func(ctx context.Context, t task) // called when the task is carried out or given up
	pause  time.Duration                     // firstPause
	places chan struct{}                     // one for each task
	acting chan struct{}                     // held during an attempt

	wg      sync.WaitGroup
	mu      sync.Mutex // guards the fields below
	queues  map[string][]task
	trouble map[string]int // by room: tasks that are tried again
}

func newLanes(log *slog.Logger, act func(context.Context, task) error, done func(context.Context, task)) *lanes {
	return &lanes{
		log: log, act: act, done: done, pause: firstPause,
		places: make(chan struct{}, maxTasks), acting: make(chan struct{}, maxActing),
		queues: map[string][]task{}, trouble: map[string]int{},
	}
}

// add queues a task. It waits while there are too many.
func (l *lanes) add(ctx context.Context, t task) {
	if l.length(t.lane) >= maxRoomTasks {
		l.log.Warn("too much to be done about one room; an event is passed over", slog.String("room", t.Room))
		l.done(ctx, t)
		return
	}
	select {
	case l.places <- struct{}{}:
	case <-ctx.Done():
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queues[t.lane] = append(l.queues[t.lane], t)
	if len(l.queues[t.lane]) == 1 {
		l.wg.Go(func() { l.run(ctx, t) })
	}
}

func (l *lanes) length(lane string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queues[lane])
}

// run carries out what is in a lane, from its first task on.
func (l *lanes) run(ctx context.Context, t task) {
	for more := true; more && l.carryOut(ctx, t); {
		l.done(ctx, t)
		<-l.places
		t, more = l.next(t.lane)
	}
}

// next takes the first task off a lane, and returns the one after it.
func (l *lanes) next(lane string) (t task, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rest := l.queues[lane][1:]
	if len(rest) == 0 {
		delete(l.queues, lane)
		return t, false
	}
	l.queues[lane] = rest
	return rest[0], true
}

// carryOut acts until that succeeds or is given up; false if ctx has ended before.
func (l *lanes) carryOut(ctx context.Context, t task) bool {
	wait := l.pause
	for attempt := 1; ; {
		err := l.attempt(ctx, t)
		if ctx.Err() != nil && err != nil {
			return false
		}
		if err == nil {
			return true
		}
		if errors.Is(err, errLater) {
			if pause(ctx, laterPause) != nil {
				return false
			}
			continue
		}
		if attempt == 1 {
			defer l.troubled(t.Room, -1)
		}
		log := l.log.With(slog.String("room", t.Room), slog.String("event", t.ID), slog.Any("error", err))
		if attempt == maxAttempts || attempt == 1 && l.troubled(t.Room, 1) > maxRoomTasks {
			log.Error("an event is given up")
			return true
		}
		log.Info("an event makes trouble and is tried again", slog.Int("attempt", attempt))
		if pause(ctx, wait) != nil {
			return false
		}
		attempt++
		wait = min(2*wait, longPause)
	}
}

// troubled counts the tasks about a room that make trouble, and returns how many there are.
func (l *lanes) troubled(room string, change int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.trouble[room] += change; l.trouble[room] > 0 {
		return l.trouble[room]
	}
	delete(l.trouble, room)
	return 0
}

func (l *lanes) attempt(ctx context.Context, t task) error {
	select {
	case l.acting <- struct{}{}:
		defer func() { <-l.acting }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	return l.act(ctx, t)
}

// pause waits for d, or returns why ctx has ended.
func pause(ctx context.Context, d time.Duration) error {
	clock := time.NewTimer(d)
	defer clock.Stop()
	select {
	case <-clock.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
