package appservice

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"msnbridge/bridge"
)

// queryTime bounds how long the homeserver waits for the answer to its question.
const queryTime = 25 * time.Second

// askUser answers whether there is a ghost of this ID, and makes it if it is an account's (application
// service API 1.15, 2.3.2.1).
func (s *Service) askUser(r *http.Request) *refusal {
	user := r.PathValue("name")
	handle, ours := s.space.Handle(user)
	if !ours {
		return notFound
	}
	ctx, cancel := context.WithTimeout(r.Context(), queryTime)
	defer cancel()
	account, err := s.house.Account(ctx, handle)
	if errors.Is(err, bridge.ErrNotFound) {
		return notFound
	}
	if err == nil {
		err = s.makeGhost(ctx, user, account)
	}
	if err != nil {
		s.log.Warn("ghost cannot be made", slog.String("user", user), slog.Any("error", err))
		return notNow
	}
	return nil
}

// makeGhost makes a ghost that goes by its account's name. What it is called later is its
// connection's business.
func (s *Service) makeGhost(ctx context.Context, user string, account bridge.AccountInfo) error {
	if err := s.register(ctx, user); err != nil {
		return err
	}
	client, err := s.as(user)
	if err != nil {
		return err
	}
	name := account.Name
	if name == "" {
		name = account.Handle
	}
	if err := client.SetDisplayName(ctx, name); err != nil {
		s.log.Info("ghost without a name", slog.String("user", user), slog.Any("error", err))
	}
	return nil
}

// askAlias answers whether there is a room of this alias: there is none in our namespace.
func (s *Service) askAlias(*http.Request) *refusal { return notFound }

// takePing is told that we are reached (application service API 1.15, 2.3.3.1).
func (s *Service) takePing(*http.Request) *refusal { return nil }
