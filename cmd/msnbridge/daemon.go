package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"msnbridge/bridge"
	"msnbridge/cmd/msnbridge/internal/config"
	"msnbridge/cmd/msnbridge/internal/control"
	"msnbridge/cmd/msnbridge/internal/front"
	"msnbridge/msn"
	"msnbridge/web"
)

const (
	lockTime = 5 * time.Second  // how long a starting daemon waits for a command that is at work
	stopTime = 10 * time.Second // how long a stopping one has, before it gives up
)

type runCommand struct{}

// Run serves until a signal comes. A second signal ends the process at once.
func (*runCommand) Run(g *globals) error {
	c, err := config.Load(g.Config)
	if err != nil {
		return err
	}
	log := newLogger(c.Log)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop()
		log.Info("stopping")
		time.AfterFunc(stopTime, func() {
			log.Error("stopping takes too long, giving up", "after", stopTime)
			os.Exit(exitFailed)
		})
	})
	if err := serve(ctx, c, log); err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}

// newLogger logs to standard error.
func newLogger(c config.Log) *slog.Logger {
	o := &slog.HandlerOptions{}
	var level slog.Level
	if level.UnmarshalText([]byte(c.Level)) == nil { // it has been checked
		o.Level = level
	}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, o))
}

// gcPercent has the garbage collector run when the heap has grown by half: what
// the service holds are idle sessions, and what it throws away comes with bursts
// of sign-ins, so this saves a seventh of its memory and costs nothing that can
// be measured (doc/performance.md). GOGC in the environment overrides it.
const gcPercent = 50

// serve runs the service until ctx ends or something fails, and returns when all
// of it has come to an end.
func serve(ctx context.Context, c *config.Config, log *slog.Logger) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	brief, cancel := context.WithTimeout(ctx, lockTime)
	lock, err := control.WaitLock(brief, c.DataDir)
	cancel()
	if err != nil {
		return err
	}
	defer lock.Close()
	pages, err := openPages(ctx, c, log)
	if err != nil {
		return err
	}
	r, err := openRooms(ctx, c, pages, log)
	if err != nil {
		if pages != nil {
			pages.Close()
		}
		return err
	}
	d := &daemon{rooms: r, config: c, log: log, pages: pages}
	err = d.listen(ctx)
	if err == nil {
		err = d.run(ctx)
	}
	return errors.Join(err, r.store.Close())
}

// A daemon is the service that runs.
type daemon struct {
	*rooms
	config *config.Config
	log    *slog.Logger

	clients  net.Listener
	dispatch net.Listener // nil: none
	commands net.Listener
	pages    *web.Server  // nil: none
	pushes   net.Listener // where the homeserver of ghosts comes; nil: none
	door     *door        // nil: none
}

// listen opens the listeners. Nothing runs yet, so a mistake shows before
// anything has been done.
func (d *daemon) listen(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			d.closeListeners()
		}
	}()
	if d.clients, err = d.listenFor(ctx, "msn.listen", d.config.MSN.Listen); err != nil {
		return err
	}
	if a := d.config.MSN.DispatchListen; a != "" {
		if d.dispatch, err = d.listenFor(ctx, "msn.dispatch_listen", a); err != nil {
			return err
		}
	}
	if d.door, err = d.openDoor(ctx); err != nil {
		return err
	}
	if d.pushes, err = d.listenForPushes(ctx); err != nil {
		return err
	}
	d.commands, err = control.Listen(d.config.DataDir)
	return err
}

func (d *daemon) listenFor(ctx context.Context, key, address string) (net.Listener, error) {
	ln, err := msn.Listen(ctx, address)
	if err != nil {
		return nil, cannotListen(d.config, key, err)
	}
	return front.Listen(ln, d.config.MSN.ProxyNetworks, d.log), nil
}

// cannotListen says what to do about a listener that cannot be opened.
func cannotListen(c *config.Config, key string, err error) error {
	return fmt.Errorf("%s: %s: %w; %s", c.File, key, err, listenAdvice(err))
}

func listenAdvice(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "ports below 1024 need CAP_NET_BIND_SERVICE (setcap, or AmbientCapabilities in systemd's unit), or forward them to another port (doc/clients.md)"
	}
	return "is another server running there? Otherwise choose another address"
}

func (d *daemon) closeListeners() {
	for _, ln := range []net.Listener{d.clients, d.dispatch, d.pushes, d.commands} {
		if ln != nil {
			ln.Close()
		}
	}
	if d.door != nil {
		d.door.close()
	}
	if d.pages != nil {
		d.pages.Close()
	}
}

// run serves clients and commands. When ctx ends they are told first; then the
// logins are closed.
func (d *daemon) run(ctx context.Context) error {
	back, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ended := make(chan struct{})
	var backErr error
	go func() {
		defer close(ended)
		backErr = d.bridge.Run(back)
	}()
	group, ctx := errgroup.WithContext(ctx)
	d.serveFront(ctx, group)
	group.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-ended:
			return errors.New("the bridge has ended")
		}
	})
	err := group.Wait()
	stop()
	<-ended
	return errors.Join(err, backErr)
}

// serveFront starts what people and commands speak to.
func (d *daemon) serveFront(ctx context.Context, group *errgroup.Group) {
	conf := msn.Config{
		Domains:       d.config.MSN.Domains,
		PublicAddress: d.config.MSN.PublicAddress,
		Challenges:    challenges[d.config.MSN.Challenge],
		Limits:        limits(d.config.MSN),
		Log:           d.log,
	}
	if d.pages != nil {
		conf.Links = d.pages
		group.Go(func() error { return d.pages.Serve(ctx, d.bridge) })
	}
	if d.door != nil {
		conf.Tickets = d.door.tickets
	}
	server := msn.New(conf, d.bridge)
	if d.door != nil {
		d.door.serve(ctx, group, d.config.Passport, server, d.log)
	}
	group.Go(func() error { return server.Serve(ctx, d.clients) })
	if d.dispatch != nil {
		group.Go(func() error { return server.ServeDispatch(ctx, d.dispatch) })
	}
	if d.pushes != nil {
		group.Go(func() error { return d.service.Serve(ctx, d.pushes, d.bridge) })
	}
	group.Go(func() error { return control.Serve(ctx, d.commands, d.bridge, d.service, d.log) })
	group.Go(func() error { return d.welcome(ctx) })
}

// challenges are the words of msn.challenge.
var challenges = map[string]msn.Challenges{
	"off": msn.ChallengesOff, "log": msn.ChallengesLogged, "enforce": msn.ChallengesEnforced,
}

func limits(c config.MSN) msn.Limits {
	return msn.Limits{
		Connections:    c.ConnectionsPerAddress,
		SignIns:        c.FailedSigninsOfAddress,
		AccountSignIns: c.FailedSigninsOfAccount,
		SignInPeriod:   c.FailedSigninPeriod,
		LoopbackToo:    c.LimitLoopback,
	}
}

// welcome says what runs where, and makes the first account if there is none.
func (d *daemon) welcome(ctx context.Context) error {
	d.log.Info("msnbridge runs", "version", version, "config", d.config.File, "data_dir", d.config.DataDir,
		"listen", d.clients.Addr().String(), "domains", d.config.MSN.Domains)
	if d.dispatch != nil {
		d.log.Info("dispatch server runs", "dispatch", d.dispatch.Addr().String())
	}
	if d.pages != nil {
		d.log.Info("web pages are served", "web", d.pages.Addr().String())
	}
	if d.door != nil {
		d.door.welcome(d.config, d.log)
	}
	d.welcomeMatrix()
	d.welcomeGhosts()
	if info, err := os.Stat(d.config.DataDir); err == nil && info.Mode().Perm()&0o077 != 0 {
		d.log.Warn("the data directory is open to others; run chmod 700 on it", "data_dir", d.config.DataDir)
	}
	if !goolm {
		d.log.Warn("this build lacks Matrix encryption: it was made without the tag goolm")
	}
	as, err := d.bridge.Accounts(ctx)
	if err != nil {
		return ifRunning(ctx, fmt.Errorf("list the accounts: %w", err))
	}
	if len(as) > 0 {
		return nil
	}
	return ifRunning(ctx, firstAccount(ctx, d.bridge, d.config, dialAddress(d.clients.Addr().String()), d.log))
}

// ifRunning is err unless ctx has ended, which explains it.
func ifRunning(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

var _ control.Service = (*bridge.Bridge)(nil)
