package appservice

import (
	"context"
	"log/slog"
	"time"
)

// How often it is looked whether there are mistakes.
const (
	firstLook   = time.Second // after one that has found some; then less and less often
	longestLook = 10 * time.Second
	idleLook    = time.Hour   // after one that has found none
	alarmLook   = time.Minute // the same, at least, if somebody comes with a wrong token
)

// maxSaid is how many problems are logged until all is well: some words are the homeserver's.
const maxSaid = 50

// A watch looks for mistakes. It belongs to one goroutine.
type watch struct {
	*Service
	said map[string]bool // problems that were logged since all was well
	wait time.Duration   // after the next problems
	well bool            // none were found last
}

// watchRegistration logs what Diagnose finds, each problem once until all is well.
func (s *Service) watchRegistration(ctx context.Context) {
	w := &watch{Service: s, said: map[string]bool{}, wait: firstLook}
	for ctx.Err() == nil {
		if found := s.Diagnose(ctx); ctx.Err() == nil {
			s.problems.Store(&found)
			w.say(found)
			w.rest(ctx, len(found) == 0)
		}
	}
}

// say logs what is new.
func (w *watch) say(found []Problem) {
	for _, p := range found {
		if !w.said[p.String()] && len(w.said) < maxSaid {
			w.log.Warn("ghosts do not work", slog.String("key", p.Key), slog.String("problem", p.Text), slog.String("remedy", p.Remedy))
			w.said[p.String()] = true
		}
	}
	if len(found) == 0 && !w.well {
		w.log.Info("the homeserver has the registration that it should have")
		clear(w.said)
	}
}

// rest waits until it is time to look again.
func (w *watch) rest(ctx context.Context, well bool) {
	if w.well = well; well {
		w.wait = firstLook
		w.ear.await(ctx, alarmLook, idleLook)
		return
	}
	if pause(ctx, w.wait) == nil {
		w.wait = min(2*w.wait, longestLook)
	}
}

// await waits for the longest time, or from the shortest on until somebody has come with a wrong token.
func (e *ear) await(ctx context.Context, shortest, longest time.Duration) {
	if pause(ctx, shortest) != nil {
		return
	}
	timer := time.NewTimer(longest - shortest)
	defer timer.Stop()
	select {
	case <-e.alarm:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Problems are those that were found last while Serve runs.
func (s *Service) Problems() []Problem {
	if found := s.problems.Load(); found != nil {
		return *found
	}
	return nil
}
