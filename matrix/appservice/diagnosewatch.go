package appservice

import (
	"context"
	"log/slog"
	"time"
)

// How often it is looked again whether a mistake has been mended.
const (
	firstLook   = 5 * time.Second
	longestLook = 5 * time.Minute
)

// watchRegistration logs what Diagnose finds, each problem once, until it finds nothing.
func (s *Service) watchRegistration(ctx context.Context) {
	said := map[string]bool{}
	for wait := firstLook; ; wait = min(2*wait, longestLook) {
		found := s.Diagnose(ctx)
		if ctx.Err() != nil {
			return
		}
		s.problems.Store(&found)
		for _, p := range found {
			if !said[p.String()] {
				s.log.Warn("ghosts do not work", slog.String("key", p.Key), slog.String("problem", p.Text), slog.String("remedy", p.Remedy))
			}
			said[p.String()] = true
		}
		if len(found) == 0 {
			s.log.Info("the homeserver has the registration that it should have")
			return
		}
		if pause(ctx, wait) != nil {
			return
		}
	}
}

// Problems are those that were found last while Serve runs.
func (s *Service) Problems() []Problem {
	if found := s.problems.Load(); found != nil {
		return *found
	}
	return nil
}
