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
// should have. Whether it reaches us is found out if no daemon holds the listener; else that knows.
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
	var found []appservice.Problem
	diagnose := func() { found = s.Diagnose(ctx) }
	if ln, err := net.Listen("tcp", c.Matrix.Appservice.Listen); err == nil {
		s.Listen(ln, diagnose)
	} else {
		diagnose()
	}
	if len(found) == 0 {
		return nil
	}
	var lines []string
	for _, p := range found {
		lines = append(lines, printable(fmt.Sprintf("%s: matrix.appservice: %s", c.File, p)))
	}
	return errors.New(strings.Join(lines, "\n"))
}
