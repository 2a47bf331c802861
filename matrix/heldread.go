package matrix

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// How long a gap in a direct chat, and in a room, may hold up what comes there.
const (
	chatPatience  = 10 * time.Minute
	groupPatience = time.Minute
)

// readGap reads a gap, and has the sync loop tell of it.
func (c *Conn) readGap(ctx context.Context, g *gap) {
	if err := c.complete(ctx, g.room); err != nil {
		return // the connection ends, or the gap is another now
	}
	j := &joined{room: g.room, purpose: g.purpose, fresh: g.fresh}
	c.mu.Lock()
	j.who = orSo(c.rooms.partner(g.room), g.who)
	c.mu.Unlock()
	if err := c.recallLast(ctx, j); err != nil {
		c.cancel(fmt.Errorf("read what is kept of the login: %w", err))
		return
	}
	older, note := c.readBack(ctx, j, g.from, g.to)
	c.mu.Lock()
	if ctx.Err() == nil && c.gaps[g.room.id] == g {
		g.ready, g.older, g.note = true, older, note
		g.called(j.names)
	}
	c.mu.Unlock()
	c.rouseSync()
}

// readBack reads a room back between two places: a direct chat as far as it was told, a room as far
// as is useful. The oldest events come first. note says what is missing.
func (c *Conn) readBack(ctx context.Context, j *joined, from, to string) (older []anEvent, note string) {
	if from == "" {
		return nil, ""
	}
	patience, requests := groupPatience, 1
	if j.who != "" {
		patience, requests = chatPatience, gapAsks
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	older, left, err := c.pagesUpToDate(ctx, j, from, to, requests)
	switch {
	case err != nil:
		c.log.Warn("matrix messages cannot be read back", slog.String("room", j.room.id), slog.String("reason", brief(err)))
		note = textMissing
	case left:
		note = textLeftOut
	}
	if j.who == "" {
		note = ""
	}
	return older, note
}

// startReader has a gap read, if nobody does so yet. Conn.mu is held.
func (c *Conn) startReader(g *gap) {
	if g.ready || g.stop != nil || c.ended {
		return
	}
	ctx, stop := context.WithCancel(c.ctx)
	g.stop = stop
	c.helpers.Go(func() {
		defer stop()
		c.readGap(ctx, g)
	})
}
