package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"

	"golang.org/x/sync/errgroup"

	"msnbridge/cmd/msnbridge/internal/config"
	"msnbridge/msn"
	"msnbridge/msn/passport"
)

// A door is where clients of MSNP8 and later show their passwords.
type door struct {
	plain, tls net.Listener // nil: none
	authority  *passport.Authority
	tickets    *passport.Tickets
}

// openDoor opens the listeners of [passport], and its certificate authority if it needs one; nil
// if nothing of it is configured.
func (d *daemon) openDoor(ctx context.Context) (_ *door, err error) {
	c := d.config.Passport
	if !c.On() {
		return nil, nil
	}
	p := &door{tickets: passport.NewTickets(0)}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if c.Listen != "" {
		if p.plain, err = d.listenFor(ctx, "passport.listen", c.Listen); err != nil {
			return nil, err
		}
	}
	if c.TLSListen != "" {
		if p.tls, err = d.listenFor(ctx, "passport.tls_listen", c.TLSListen); err != nil {
			return nil, err
		}
		p.authority, err = passport.OpenAuthority(d.config.DataDir, c.Signature, doorHosts(d.config)...)
	}
	return p, err
}

// usualLogin is where gtmess signs in if nothing is set there. It takes a certificate only of that
// common name without asking.
const usualLogin = "login.live.com"

// doorHosts are the names that the certificate has beside those that clients have built in, its
// common name first.
func doorHosts(c *config.Config) []string {
	hosts := []string{cmp.Or(c.Passport.LoginHost, usualLogin), c.MSN.PublicAddress, c.Passport.TLSListen, c.MSN.Listen}
	for i, h := range hosts {
		if host, _, err := net.SplitHostPort(h); err == nil {
			hosts[i] = host
		}
		if ip := net.ParseIP(hosts[i]); ip != nil && ip.IsUnspecified() {
			hosts[i] = ""
		}
	}
	return append(hosts, c.MSN.Domains...)
}

func (p *door) close() {
	for _, ln := range []net.Listener{p.plain, p.tls} {
		if ln != nil {
			ln.Close()
		}
	}
}

// serve serves what is open, with the accounts of server.
func (p *door) serve(ctx context.Context, group *errgroup.Group, c config.Passport, server *msn.Server, log *slog.Logger) {
	s, err := passport.New(passport.Config{LoginHost: c.LoginHost, Accounts: server, Tickets: p.tickets, Authority: p.authority, Log: log})
	if err != nil {
		group.Go(func() error { return fmt.Errorf("sign-in service: %w", err) })
		return
	}
	if p.plain != nil {
		group.Go(func() error { return s.Serve(ctx, p.plain) })
	}
	if p.tls != nil {
		group.Go(func() error { return s.ServeTLS(ctx, p.tls) })
	}
}

// welcome says what runs where.
func (p *door) welcome(c *config.Config, log *slog.Logger) {
	if p.plain != nil {
		log.Info("passport sign-in is served", "passport", p.plain.Addr().String())
	}
	if p.tls != nil {
		log.Info("passport sign-in is served by legacy TLS", "passport_tls", p.tls.Addr().String(),
			"ca_fingerprint", p.authority.Fingerprint(), "signature", c.Passport.Signature)
	}
}
