package appservice

import "context"

// A Problem is a mistake in the registration or around it, in words, with its remedy.
type Problem struct {
	Key    string // of [matrix.appservice] or "registration", where it is to be mended
	Text   string
	Remedy string
}

// Diagnose asks the homeserver whether the registration is what it should be. An error means that
// it could not be asked.
func (s *Service) Diagnose(ctx context.Context) ([]Problem, error) { return nil, nil }
