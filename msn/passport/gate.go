package passport

import (
	"context"
	"net"
	"net/netip"
	"sync"

	"golang.org/x/sync/semaphore"

	"msnbridge/msn/incoming"
)

const (
	mostConns   = 256 // connections at a time
	mostFromOne = 32  // of one address; a front on this machine may have all
)

// A gate bounds the connections that are served. What is too much is closed.
type gate struct {
	all *semaphore.Weighted

	mu   sync.Mutex // guards from
	from map[netip.Addr]int
}

func newGate() *gate {
	return &gate{all: semaphore.NewWeighted(mostConns), from: map[netip.Addr]int{}}
}

// admit serves a connection, unless there are too many.
func (s *Server) admit(ctx context.Context, nc net.Conn, serve func(context.Context, net.Conn)) {
	defer nc.Close()
	if !s.gate.all.TryAcquire(1) {
		s.log.Debug("too many connections to passport")
		return
	}
	defer s.gate.all.Release(1)
	owner := ownerOf(nc.RemoteAddr())
	if !s.gate.enter(owner) {
		s.log.Debug("too many connections to passport", "peer", nc.RemoteAddr())
		return
	}
	defer s.gate.leave(owner)
	stop := context.AfterFunc(ctx, func() { nc.Close() })
	defer stop()
	serve(ctx, nc)
}

// ownerOf is who an address counts for; zero: nobody.
func ownerOf(a net.Addr) netip.Addr {
	owner, local := incoming.Owner(a)
	if local {
		return netip.Addr{}
	}
	return owner
}

func (g *gate) enter(owner netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if owner.IsValid() && g.from[owner] >= mostFromOne {
		return false
	}
	g.from[owner]++
	return true
}

func (g *gate) leave(owner netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.from[owner]--; g.from[owner] <= 0 {
		delete(g.from, owner)
	}
}
