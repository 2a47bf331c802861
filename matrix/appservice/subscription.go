package appservice

import (
	"context"
	"encoding/json"
	"errors"
)

// News are what the homeserver has pushed that concerns one user.
type News struct {
	// Position is where the next news begin. It is kept with what has become of these.
	Position string

	// Events are those of rooms, as they were pushed, each once and in the order in which they came:
	// those of the rooms that are followed, and the user's own changes of membership elsewhere.
	Events []json.RawMessage

	// Ephemeral are typing notices and receipts of the rooms that are followed, and the presence of
	// people, as far as the homeserver pushes such things. They are not kept.
	Ephemeral []json.RawMessage

	// Lost says that something after the position asked for is not in the log any more.
	Lost bool
}

// A Subscription is one user's view of the log. Its methods may be called from several goroutines.
type Subscription struct{}

// Subscribe begins a view of what concerns a user, who is in our namespace.
func (s *Service) Subscribe(user string) *Subscription { return &Subscription{} }

// End is the position after all that is in the log now.
func (s *Subscription) End(ctx context.Context) (string, error) { return "", errors.ErrUnsupported }

// Follow names the rooms whose events are wanted, replacing those named before, from the next call of
// Next on, from whatever position.
func (s *Subscription) Follow(rooms []string) {}

// Next returns the news after a position, at most a few hundred events at once, and waits for some
// if there are none. A position that is none of this log's is taken for its beginning, with Lost.
func (s *Subscription) Next(ctx context.Context, after string) (News, error) {
	return News{}, errors.ErrUnsupported
}

// Wake has a Next that waits return with no news, now or at the next call.
func (s *Subscription) Wake() {}

// Close ends the view.
func (s *Subscription) Close() {}
