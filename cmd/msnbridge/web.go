package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"syscall"

	"msnbridge/cmd/msnbridge/internal/config"
	"msnbridge/web"
)

// webPort is where web pages are if nothing else is said.
const webPort = "1880"

// openPages opens the listener for browsers, if there is one and a network that has something for
// them; else it is nil.
func openPages(ctx context.Context, c *config.Config, log *slog.Logger) (*web.Server, error) {
	if c.Matrix == nil || c.Web.Listen == "" {
		return nil, nil
	}
	s := web.New(webConfig(c, log))
	err := s.Listen(ctx, webAddress(c))
	if c.Web.Listen == config.Auto && errors.Is(err, syscall.EADDRINUSE) {
		host, _, _ := net.SplitHostPort(c.MSN.Listen)
		err = s.Listen(ctx, net.JoinHostPort(host, "0"))
		if err == nil {
			log.Warn("the usual port for web pages is taken; choose another as web.listen, so that links have a port that lasts",
				"port", webPort, "instead", s.Addr().String())
		}
	}
	if err != nil {
		return nil, cannotListen(c, "web.listen", err)
	}
	return s, nil
}

// webAddress is where browsers are served.
func webAddress(c *config.Config) string {
	if c.Web.Listen != config.Auto {
		return c.Web.Listen
	}
	host, _, _ := net.SplitHostPort(c.MSN.Listen) // it has been checked
	return net.JoinHostPort(host, webPort)
}

func webConfig(c *config.Config, log *slog.Logger) web.Config {
	public := c.MSN.PublicAddress
	if host, _, err := net.SplitHostPort(public); err == nil {
		public = host
	}
	return web.Config{
		PublicURL: c.Web.PublicURL, PublicHost: public, NoLinks: !c.Web.Links, LinkLife: c.Web.LinkLife,
		Width: c.Web.ImageWidth, Height: c.Web.ImageHeight, Log: log,
	}
}
