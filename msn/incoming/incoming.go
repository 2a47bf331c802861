// Package incoming is what servers of this service do with connections before they
// know what these want: package msn and its HTTP side, package passport.
package incoming

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"time"
)

// retry is how long no connection is accepted after one could not be.
const retry = time.Second

// Accept hands what ln accepts to serve, which must not wait, until ctx ends: then
// it returns nil. It closes ln. If somebody else has, the error wraps net.ErrClosed;
// any other error of ln is logged, and ln asked again.
func Accept(ctx context.Context, ln net.Listener, log *slog.Logger, serve func(net.Conn)) error {
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	defer ln.Close()
	for {
		nc, err := ln.Accept()
		switch {
		case err == nil:
			serve(nc)
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default:
			log.Warn("connection not accepted", "err", err)
			select {
			case <-time.After(retry):
			case <-ctx.Done():
			}
		}
	}
}

// ownerBits is how much of an IPv6 address tells whose it is: who has one has all
// that begin so.
const ownerBits = 64

// Owner is who an address counts for where connections are limited; the zero Addr
// if that cannot be told. local says that it is of this machine.
func Owner(a net.Addr) (owner netip.Addr, local bool) {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}, false
	}
	owner = t.AddrPort().Addr().Unmap().WithZone("")
	local = owner.IsLoopback()
	if owner.Is6() {
		owner = netip.PrefixFrom(owner, ownerBits).Masked().Addr()
	}
	return owner, local
}
