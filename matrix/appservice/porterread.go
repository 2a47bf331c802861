package appservice

import (
	"context"
	"log/slog"
)

// A reader goes through the log, once, and does something about the events that concern it. What it
// has begun and not ended is begun anew by the next process.
type reader struct {
	service *Service
	name    string
	log     *slog.Logger
	sub     *Subscription
	lanes   *lanes

	// concerns tells in which lane something is to be done about an event, if it is. It is called for
	// the events in their order, and after an error once more for the same ones.
	concerns func(e *pushedEvent) (lane string, ok bool)

	// observe is shown each event once it is read, before concerns; nil: there is no need.
	observe func(e *pushedEvent)

	unsaved int // events since the position was kept
}

// saveEvery is after how many events that concern a reader in nothing its position is kept.
const saveEvery = 1000

func (s *Service) newReader(name string, act func(context.Context, task) error) *reader {
	r := &reader{service: s, name: name, log: s.log.With(slog.String("reader", name))}
	r.lanes = newLanes(r.log, act, r.done)
	return r
}

// run reads until ctx ends.
func (r *reader) run(ctx context.Context) {
	defer r.lanes.wg.Wait()
	defer r.sub.Close()
	var position string
	r.insist(ctx, "go on where the last process has ended", func() (err error) {
		position, err = r.resume(ctx)
		return err
	})
	for ctx.Err() == nil {
		r.insist(ctx, "read the log", func() error {
			news, err := r.sub.Next(ctx, position)
			if err != nil {
				return err
			}
			if err := r.take(ctx, news); err != nil {
				return err
			}
			position = news.Position
			return nil
		})
	}
	if position != "" {
		r.save(context.WithoutCancel(ctx), position)
	}
}

// insist calls f until it succeeds or ctx ends. That it fails is a warning once.
func (r *reader) insist(ctx context.Context, what string, f func() error) {
	level := slog.LevelWarn
	for wait := r.lanes.pause; ctx.Err() == nil; wait = min(2*wait, longPause) {
		err := f()
		if err == nil || ctx.Err() != nil {
			return
		}
		r.log.Log(ctx, level, "cannot "+what+"; it is tried again", slog.Any("error", err))
		level = slog.LevelDebug
		_ = pause(ctx, wait) // its end ends the loop
	}
}

// resume queues what the last process has left, and returns the position that it had come to.
func (r *reader) resume(ctx context.Context) (string, error) {
	j, err := r.service.journal(ctx)
	if err != nil {
		return "", err
	}
	position, err := j.cursor(ctx, r.name)
	if err != nil {
		return "", err
	}
	left, err := j.tasks(ctx, r.name)
	if err != nil {
		return "", err
	}
	for _, e := range left {
		if t, ok := r.consider(e, nil); ok {
			r.lanes.add(ctx, t)
		} else {
			r.done(ctx, task{pushedEvent: pushedEvent{ID: e.id}})
		}
	}
	return position, nil
}

// consider tells what is to be done about an event, after it was shown to observe.
func (r *reader) consider(e entry, observe func(*pushedEvent)) (task, bool) {
	p, err := parseEvent(e)
	if err != nil {
		r.log.Warn("malformed event", slog.Any("error", err))
		return task{}, false
	}
	if observe != nil {
		observe(&p)
	}
	lane, ok := r.concerns(&p)
	return task{lane, p}, ok
}

// take keeps what is to be done about news with their position, and queues it.
func (r *reader) take(ctx context.Context, news News) error {
	var (
		tasks []task
		kept  []string
	)
	for _, raw := range news.Events {
		if t, ok := r.consider(entry{raw: raw}, r.observe); ok {
			tasks, kept = append(tasks, t), append(kept, t.ID)
		}
	}
	r.unsaved += len(news.Events)
	if len(tasks) > 0 || r.unsaved >= saveEvery {
		j, err := r.service.journal(ctx)
		if err == nil {
			err = j.advance(ctx, r.name, news.Position, kept)
		}
		if err != nil {
			return err
		}
		r.unsaved = 0
	}
	for _, t := range tasks {
		r.lanes.add(ctx, t)
	}
	return nil
}

// save keeps the position at the end; without it, the next process would only read some events again.
func (r *reader) save(ctx context.Context, position string) {
	j, err := r.service.journal(ctx)
	if err == nil && r.unsaved > 0 {
		err = j.advance(ctx, r.name, position, nil)
	}
	if err != nil {
		r.log.Debug("position is not kept", slog.Any("error", err))
	}
}

// done forgets a task that is carried out.
func (r *reader) done(ctx context.Context, t task) {
	ctx = context.WithoutCancel(ctx) // it is done, even if we are to end
	j, err := r.service.journal(ctx)
	if err == nil {
		err = j.done(ctx, r.name, t.ID)
	}
	if err != nil {
		r.log.Warn("what is done cannot be noted; it may be done again", slog.String("event", t.ID), slog.Any("error", err))
	}
}
