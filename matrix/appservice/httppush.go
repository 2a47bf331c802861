package appservice

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
)

// Bounds of transactions.
const (
	maxBody    = 64 << 20 // bytes of one
	maxSmall   = 1 << 20  // bytes of one that does not wait for others
	maxReading = 2        // larger ones that are read at a time; others wait
)

// takeTransaction stores what is pushed. The answer says that it is stored, so nothing is answered
// before; after an error the homeserver pushes it again.
func (s *Service) takeTransaction(r *http.Request) *refusal {
	body, no := readBody(io.LimitReader(r.Body, maxSmall))
	switch {
	case no != nil:
		return no
	case len(body) < maxSmall:
		return s.takeBody(r, body)
	}
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
	case <-r.Context().Done():
		return notNow
	}
	rest, no := readBody(r.Body)
	if no != nil {
		return no
	}
	return s.takeBody(r, append(body, rest...))
}

func readBody(from io.Reader) ([]byte, *refusal) {
	body, err := io.ReadAll(from)
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge
	case err != nil:
		return nil, cutShort
	}
	return body, nil
}

func (s *Service) takeBody(r *http.Request, body []byte) *refusal {
	p, no := parsePush(r.PathValue("name"), body)
	if no != nil {
		return no
	}
	return s.take(r, p)
}

func (s *Service) take(r *http.Request, p push) *refusal {
	j, err := s.journal(r.Context())
	var o outcome
	if err == nil {
		o, err = j.store(r.Context(), p.transaction, s.entriesCame)
	}
	if err != nil {
		s.log.Error("what the homeserver pushes cannot be stored; it is asked to try again", slog.Any("error", err))
		return notNow
	}
	s.note(&p, o)
	if len(p.ephemeral) > 0 && !o.known {
		s.pushed.Store(true)
		s.ephemeralCame(p.ephemeral)
	}
	return nil
}

// note logs what is odd about a transaction.
func (s *Service) note(p *push, o outcome) {
	if p.malformed > 0 {
		total := s.malformed.Add(int64(p.malformed))
		s.log.Warn("malformed events from the homeserver are passed over", slog.Int("count", p.malformed), slog.Int64("total", total))
	}
	s.log.Debug("transaction", slog.Int("events", len(p.entries)), slog.Int("new", len(o.fresh)),
		slog.Int("ephemeral", len(p.ephemeral)), slog.Bool("repeated", o.known))
}
