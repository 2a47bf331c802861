package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"msnbridge/bridge"
	"msnbridge/cmd/msnbridge/internal/config"
	"msnbridge/matrix/appservice"
)

// newAppservice makes the application service of [matrix.appservice], with tokens that are made when
// there are none; nil if there is no such table. open opens the database of what is pushed.
func newAppservice(c *config.Config, open func(context.Context) (*sql.DB, string, error), log *slog.Logger) (*appservice.Service, error) {
	if c.Matrix == nil || c.Matrix.Appservice == nil {
		return nil, nil
	}
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return nil, err
	}
	tokens, err := appservice.MakeTokens(tokenPath(c))
	if err != nil {
		return nil, err
	}
	a := c.Matrix.Appservice
	s, err := appservice.New(appservice.Config{
		Server: a.Domain, Homeserver: a.Homeserver, URL: a.URL, Bot: a.Bot, Prefix: a.Prefix,
		Home: c.MSN.Domains[0], Title: "MSN (" + c.MSN.Domains[0] + ")", Version: version + commit(),
		ASToken: tokens.AS, HSToken: tokens.HS, Admins: a.Admins,
		Open: open, Log: log.With("network", "matrix"),
	})
	if err != nil {
		return nil, fmt.Errorf("%s: matrix.appservice: %w", c.File, err)
	}
	return s, nil
}

// noLog is the database of a service that takes nothing from its homeserver.
func noLog(context.Context) (*sql.DB, string, error) { return nil, "", errors.ErrUnsupported }

// tokenPath is where the tokens are kept that the service and its homeserver know each other by.
func tokenPath(c *config.Config) string { return filepath.Join(c.DataDir, "appservice.yaml") }

// listenForPushes opens the listener to which the homeserver of ghosts comes; nil if there are none.
func (d *daemon) listenForPushes(ctx context.Context) (net.Listener, error) {
	if d.service == nil {
		return nil, nil
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", d.config.Matrix.Appservice.Listen)
	if err != nil {
		return nil, cannotListen(d.config, "matrix.appservice.listen", err)
	}
	return ln, nil
}

// welcomeGhosts says where the homeserver of ghosts comes to.
func (d *daemon) welcomeGhosts() {
	if d.service == nil {
		return
	}
	a := d.config.Matrix.Appservice
	d.log.Info("accounts without a Matrix account have ghosts", "homeserver", a.Homeserver, "listen", d.pushes.Addr().String(),
		"such as", d.ghostOf("anna@"+d.config.MSN.Domains[0]))
}

func (d *daemon) ghostOf(handle string) string {
	user, _ := d.service.Namespace().UserID(handle)
	return user
}

// registrationCommand writes the registration.
type registrationCommand struct {
	Output string `help:"Write it to this file instead of standard output." placeholder:"FILE"`
	Force  bool   `help:"Overwrite the file if it says something else. Its owner and mode stay."`
}

// Run implements kong's command.
func (r *registrationCommand) Run(g *globals) error {
	c, err := config.Load(g.Config)
	if err != nil {
		return err
	}
	s, err := newAppservice(c, noLog, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if s == nil {
		return fmt.Errorf("%s: there is no table [matrix.appservice]; config.toml.example has one", c.File)
	}
	text, err := s.Registration(c.Matrix.Appservice.URL)
	if err == nil {
		err = r.write(text)
	}
	if err == nil {
		fmt.Fprint(os.Stderr, registrationAdvice)
	}
	return err
}

// registrationAdvice is said besides the registration.
const registrationAdvice = `There are secrets in it: only the homeserver should be able to read it. Name the file in the homeserver's
configuration (Synapse: app_service_config_files; Dendrite: app_service_api.config_files) and restart it. Then
"msnbridge config check" says whether all is well.
`

func (r *registrationCommand) write(text []byte) error {
	if r.Output == "" {
		_, err := os.Stdout.Write(text)
		return err
	}
	mode := os.O_EXCL
	switch old, err := os.ReadFile(r.Output); {
	case err == nil && bytes.Equal(old, text):
		return nil
	case err == nil && !r.Force:
		return fmt.Errorf("%s is there already and says something else; --force overwrites it", r.Output)
	case err == nil:
		mode = os.O_TRUNC
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	f, err := os.OpenFile(r.Output, os.O_WRONLY|os.O_CREATE|mode, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

var _ appservice.House = (*bridge.Bridge)(nil)
