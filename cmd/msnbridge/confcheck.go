package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"msnbridge/cmd/msnbridge/internal/config"
	"msnbridge/cmd/msnbridge/internal/control"
	"msnbridge/matrix/appservice"
)

type confCheck struct{}

// Run implements kong's command.
func (*confCheck) Run(g *globals) error {
	c, err := config.Load(g.Config)
	if err != nil {
		return err
	}
	if _, err := networks(c, nil, nil, nil, slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	if err := checkRegistration(c); err != nil {
		return err
	}
	fmt.Printf("%s: ok\n", c.File)
	return nil
}

// checkTime bounds what the homeserver is asked about a registration.
const checkTime = time.Minute

// checkRegistration asks the homeserver of [matrix.appservice] whether it has the registration that it
// should have, and reaches us.
func checkRegistration(c *config.Config) error {
	if c.Matrix == nil || c.Matrix.Appservice == nil {
		return nil
	}
	if _, err := os.Stat(tokenPath(c)); os.IsNotExist(err) {
		return fmt.Errorf("%s: matrix.appservice: there is no registration yet; write it with msnbridge registration, and give it to the homeserver", c.File)
	}
	s, err := newAppservice(c, noLog, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), checkTime)
	defer cancel()
	var lines []string
	for _, p := range diagnose(ctx, c, s) {
		key := "matrix.appservice." + p.Key
		if p.Key == "registration" {
			key = "matrix.appservice: " + p.Key
		}
		lines = append(lines, printable(fmt.Sprintf("%s: %s: %s; %s", c.File, key, p.Text, p.Remedy)))
	}
	if len(lines) > 0 {
		return errors.New(strings.Join(lines, "\n"))
	}
	return nil
}

// diagnose finds out whether the homeserver reaches us, too: here, or if a daemon holds the listener
// there.
func diagnose(ctx context.Context, c *config.Config, s *appservice.Service) (found []appservice.Problem) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Matrix.Appservice.Listen)
	if err == nil {
		s.Listen(ln, func() { found = s.Diagnose(ctx) })
		return found
	}
	if found = s.Diagnose(ctx); len(found) > 0 {
		return found
	}
	return wayBack(ctx, c, err)
}

// wayBack is found out by the daemon. err is why it cannot be done here.
func wayBack(ctx context.Context, c *config.Config, err error) []appservice.Problem {
	daemon := control.NewClient(c.DataDir)
	defer daemon.Close()
	found, unasked := daemon.WayBack(ctx)
	if unasked == nil {
		return found
	}
	text := err.Error()
	if daemon.Hello(ctx) == nil {
		text += " (" + unasked.Error() + ")"
	}
	return []appservice.Problem{{Key: "listen", Text: text, Remedy: listenAdvice(err)}}
}
