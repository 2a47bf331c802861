package msn

import (
	"context"
	"sync"
	"time"
)

// downTime is how long clients have, when the service goes down, to take what
// they are told.
const downTime = 5 * time.Second

// A group is the connections of one listener: what its Serve waits for.
type group struct {
	ctx context.Context
	wg  sync.WaitGroup // readers and drains

	mu    sync.Mutex // guards the rest
	conns map[*conn]struct{}
	down  bool
}

func newGroup(ctx context.Context) *group {
	return &group{ctx: ctx, conns: map[*conn]struct{}{}}
}

// add takes a connection up, unless the service is going down.
func (g *group) add(c *conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.down {
		g.conns[c] = struct{}{}
	}
	return !g.down
}

func (g *group) remove(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
}

// all lists the connections, and lets no further one in.
func (g *group) all() []*conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.down = true
	cs := make([]*conn, 0, len(g.conns))
	for c := range g.conns {
		cs = append(cs, c)
	}
	return cs
}

// goingDown takes leave of every client.
func (g *group) goingDown() {
	for _, c := range g.all() {
		c.sayFarewell()
	}
}

// close ends all connections and waits for their goroutines.
func (g *group) close() {
	g.goingDown()
	t := time.AfterFunc(downTime, func() {
		for _, c := range g.all() {
			c.abort(errDown)
		}
	})
	defer t.Stop()
	g.wg.Wait()
}
