package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"time"

	"msnbridge/bridge"
	"msnbridge/cmd/msnbridge/internal/config"
	"msnbridge/cmd/msnbridge/internal/control"
	"msnbridge/irc"
	"msnbridge/matrix"
	"msnbridge/matrix/appservice"
	"msnbridge/store"
	"msnbridge/web"
)

// reachTime is how long a command waits for another one that is at work in the
// same data directory, or for a daemon that is starting.
const reachTime = 10 * time.Second

// A house is the service as a command sees it.
type house struct {
	control.Service
	config  *config.Config
	running bool // there is a daemon; otherwise the command acts on the store itself
}

// done says what has been done, and where if no daemon did it: a command without
// --config acts on another directory than a daemon with one.
func (h *house) done(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if !h.running {
		text += " (in " + h.config.DataDir + "; msnbridge does not run there)"
	}
	_, err := fmt.Println(printable(text))
	return err
}

// act does something to the service: through the daemon if it runs, else in this
// process.
func (g *globals) act(f func(ctx context.Context, h *house) error) error {
	c, err := config.Load(g.Config)
	if err != nil {
		return err
	}
	ctx := context.Background()
	brief, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	client, lock, err := control.Reach(brief, c.DataDir)
	if err != nil {
		return err
	}
	if client != nil {
		defer client.Close()
		return f(ctx, &house{client, c, true})
	}
	defer lock.Close()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	r, err := openRooms(ctx, c, nil, log)
	if err != nil {
		return err
	}
	return errors.Join(f(ctx, &house{r.bridge, c, false}), r.store.Close())
}

// rooms are the parts of the service that keep and decide.
type rooms struct {
	store   *store.Store
	bridge  *bridge.Bridge
	service *appservice.Service // nil: no ghosts
}

// openRooms opens the store and prepares the bridge. Nothing connects to any
// network. pages are where browsers come back to; nil: nowhere.
func openRooms(ctx context.Context, c *config.Config, pages *web.Server, log *slog.Logger) (*rooms, error) {
	var s *store.Store
	keys := func(ctx context.Context) (*matrix.Crypto, error) { return matrixKeys(ctx, s) }
	service, err := newAppservice(c, func(ctx context.Context) (*sql.DB, string, error) { return s.OpenAux(ctx, "appservice") }, log)
	if err != nil {
		return nil, err
	}
	networks, err := networks(c, keys, service, pages, log)
	if err != nil {
		return nil, err
	}
	s, err = store.Open(ctx, store.Config{
		Dir: c.DataDir,
		URL: c.Database.URL.Reveal(),
		Key: bridge.Secret(os.Getenv(store.KeyVariable)),
		Log: log,
	})
	if err != nil {
		return nil, err
	}
	b, err := bridge.New(ctx, s, networks, bridge.Options{Domains: c.MSN.Domains, Log: log})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &rooms{s, b, service}, nil
}

// matrixKeys opens the database in which the keys of Matrix encryption are kept.
func matrixKeys(ctx context.Context, s *store.Store) (*matrix.Crypto, error) {
	key, err := s.KeyFor("matrix encryption")
	if err != nil {
		return nil, err
	}
	db, dialect, err := s.OpenAux(ctx, "crypto")
	return &matrix.Crypto{DB: db, Dialect: dialect, Key: key}, err
}

// networks makes the networks of the configuration. keys opens where those of
// Matrix encryption are kept, service makes ghosts, pages are where browsers come
// back to; all may be nil.
func networks(c *config.Config, keys func(context.Context) (*matrix.Crypto, error), service *appservice.Service,
	pages *web.Server, log *slog.Logger) ([]bridge.Network, error) {
	var ns []bridge.Network
	for _, name := range slices.Sorted(maps.Keys(c.IRC)) {
		n, err := irc.New(ircConfig(c, name, log))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.File, err)
		}
		ns = append(ns, n)
	}
	if c.Matrix != nil {
		mc := matrixConfig(c, keys, log)
		mc.Appservice = service
		if pages != nil {
			mc.Detour = pages.Detours()
		}
		n, err := matrix.New(mc)
		if err != nil {
			return nil, fmt.Errorf("%s: matrix: %w", c.File, err)
		}
		ns = append(ns, n)
	}
	return ns, nil
}

func matrixConfig(all *config.Config, keys func(context.Context) (*matrix.Crypto, error), log *slog.Logger) matrix.Config {
	c := all.Matrix
	ring, _ := bridge.ParseRingPolicy(c.Ring) // the configuration was checked
	return matrix.Config{
		DeviceName: c.DeviceName, RosterLimit: c.RosterLimit, Ring: ring,
		Crypto: keys, PlainChats: c.EncryptNewChats != nil && !*c.EncryptNewChats,
		SignIn: c.SignInServers, Page: all.Web.PublicURL,
		MaxFile: all.Web.MaxFileBytes, SpoolDir: all.DataDir,
		Log: log.With("network", "matrix"),
	}
}

func ircConfig(all *config.Config, name string, log *slog.Logger) irc.Config {
	c := all.IRC[name]
	ring, _ := bridge.ParseRingPolicy(c.Ring) // the configuration was checked
	return irc.Config{
		Name: name, Title: c.Title, Domain: c.Domain,
		Server: c.Server, TLS: c.TLS, TLSCA: c.TLSCA, Password: c.Password,
		Burst: c.FloodBurst, Interval: c.FloodInterval,
		ConnectBurst: c.ConnectBurst, ConnectInterval: c.ConnectInterval,
		RosterLimit: c.RosterLimit, Ring: ring,
		NickServ: c.NickServ, NickServWithoutTLS: c.NickServWithoutTLS,
		AllowQuote: c.AllowQuote, QuitMessage: c.QuitMessage, Home: all.MSN.Domains[0],
		Log: log.With("network", name),
	}
}
