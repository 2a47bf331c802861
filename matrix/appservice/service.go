package appservice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/time/rate"
)

// Pace of what is costly for a homeserver: ghosts that are registered, rooms that are entered.
const (
	actsPerSecond = 10
	actsAtOnce    = 20
)

// A Service is one application service of one homeserver.
type Service struct {
	config Config
	space  Namespace
	log    *slog.Logger
	pace   *rate.Limiter
	vault  vault
	desk   desk
	house  House       // since Serve
	pushed atomic.Bool // ephemeral things have come
	ear    *ear

	problems atomic.Pointer[[]Problem] // found last; nil: not looked for yet

	transport *http.Transport // to the homeserver
	reading   chan struct{}   // held while a large transaction is read
	answering sync.WaitGroup  // requests of the homeserver
	malformed atomic.Int64    // events that were passed over

	deskParts

	mu        sync.Mutex                 // guards the fields below, and those of subscriptions
	byRoom    index                      // subscriptions by the rooms that they follow
	bySubject index                      // by their users
	byPerson  index                      // by whose presence they want
	presences map[string]json.RawMessage // m.presence as last pushed, by person
}

// New prepares a service. Nothing is opened or asked before it is needed.
func New(c Config) (*Service, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Transport == nil {
		c.Transport = defaultTransport()
	}
	s := &Service{
		config: c,
		space:  Namespace{Prefix: c.Prefix, Server: c.Server},
		log:    c.Log,
		ear:    newEar(),
		pace:   rate.NewLimiter(actsPerSecond, actsAtOnce),

		transport: c.Transport,
		reading:   make(chan struct{}, maxReading),
		byRoom:    index{}, bySubject: index{}, byPerson: index{},
		presences: map[string]json.RawMessage{},
	}
	return s, s.openDesk()
}

// check finds what no service can work with. What the homeserver makes of it is found by Diagnose.
func (c *Config) check() error {
	base, err := url.Parse(c.Homeserver)
	switch {
	case c.Server == "" || strings.ContainsAny(c.Server, "/@ "):
		return fmt.Errorf("homeserver name %q is none", c.Server)
	case err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https":
		return errors.New("the homeserver's address is no http or https URL")
	case !isLocal(c.Bot) || !isLocal(c.Prefix):
		return fmt.Errorf("bot %q or prefix %q: only a-z, 0-9 and ._=-/+ can stand in a user ID", c.Bot, c.Prefix)
	case strings.HasPrefix(c.Bot, c.Prefix):
		return fmt.Errorf("bot %q begins with the prefix of ghosts", c.Bot)
	case c.ASToken == "" || c.HSToken == "":
		return errors.New("a token is missing")
	case c.ASToken == c.HSToken:
		return errors.New("the two tokens are the same")
	case c.Open == nil:
		return errors.New("there is no database for the log")
	}
	return nil
}

// isLocal tells whether s can stand in the local part of a user ID (Matrix specification 1.15,
// appendices 4.2.1).
func isLocal(s string) bool {
	return s != "" && len(s) < maxUserID/2 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789._=-/+") == ""
}

// Config is what the service was made with.
func (s *Service) Config() Config { return s.config }

// Namespace is which users are ghosts.
func (s *Service) Namespace() Namespace { return s.space }

// journal is the log, which is opened if it is not yet.
func (s *Service) journal(ctx context.Context) (*journal, error) {
	return s.vault.open(ctx, &s.config, s.logGrew)
}

// Serve takes what the homeserver pushes and asks, and looks after newcomers and the control room,
// until ctx ends.
func (s *Service) Serve(ctx context.Context, ln net.Listener, house House) error {
	s.house = house
	inner, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	s.ear.setOpen(true)
	for _, work := range []func(context.Context){s.purge, s.newPorter().run, s.answerBell, s.control.run, s.watchRegistration} {
		wg.Go(func() { work(inner) })
	}
	err := s.listen(ctx, ln)
	cancel()
	wg.Wait()
	s.transport.CloseIdleConnections()
	return err
}

// answerBell hands the desk what concerns it until ctx ends.
func (s *Service) answerBell(ctx context.Context) {
	bell, reader := s.newBell()
	reader.insist(ctx, "learn the rooms of the service's own user", func() error { return bell.begin(ctx) })
	reader.run(ctx)
}

// EphemeralPushed tells whether the homeserver has pushed presence, typing notices or receipts by
// now, so that nobody needs to ask for them.
func (s *Service) EphemeralPushed() bool { return s.pushed.Load() }

// Pace waits until one more costly act of a ghost may begin: to be registered, or to enter a room.
func (s *Service) Pace(ctx context.Context) error { return s.pace.Wait(ctx) }
