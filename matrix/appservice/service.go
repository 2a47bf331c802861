package appservice

import (
	"context"
	"errors"
	"log/slog"
	"net"
)

// A Service is one application service of one homeserver.
type Service struct {
	config Config
	space  Namespace
}

// New prepares a service. Nothing is opened or asked before it is needed.
func New(c Config) (*Service, error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return &Service{config: c, space: Namespace{Prefix: c.Prefix, Server: c.Server}}, nil
}

// Config is what the service was made with.
func (s *Service) Config() Config { return s.config }

// Namespace is which users are ghosts.
func (s *Service) Namespace() Namespace { return s.space }

// Serve takes what the homeserver pushes and asks, and looks after newcomers and the control room,
// until ctx ends.
func (s *Service) Serve(ctx context.Context, ln net.Listener, house House) error {
	return errors.ErrUnsupported
}

// EphemeralPushed tells whether the homeserver has pushed presence, typing notices or receipts by
// now, so that nobody needs to ask for them.
func (s *Service) EphemeralPushed() bool { return false }

// Pace waits until one more costly act of a ghost may begin: to be registered, or to enter a room.
func (s *Service) Pace(ctx context.Context) error { return nil }

// Confirm links the account to the person on Matrix who was given this code in the control room,
// and returns what there is to say to the account's owner.
func (s *Service) Confirm(ctx context.Context, account, code string) (string, error) {
	return "", errors.ErrUnsupported
}
