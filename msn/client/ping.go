package client

import (
	"context"
	"fmt"
	"time"
)

// Ping sends PNG and waits for QNG.
func (c *Client) Ping(ctx context.Context) error { return c.link.ping(ctx) }

// Pause is how long the server's last QNG wants the client to wait before the next
// PNG; 0 if it did not say (before MSNP9).
func (c *Client) Pause() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pause
}

// ponged takes a QNG.
func (c *Client) ponged(r Reply) {
	c.mu.Lock()
	c.pause = time.Duration(min(r.number(0), 3600)) * time.Second
	c.mu.Unlock()
	c.link.pong()
}

// ping sends PNG, which has no transaction ID, and waits for a QNG.
func (l *link) ping(ctx context.Context) error {
	got := make(chan struct{})
	l.mu.Lock()
	l.pings = append(l.pings, got)
	l.mu.Unlock()
	if err := l.send("PNG", nil, nil); err != nil {
		return fmt.Errorf("PNG: %w", err)
	}
	select {
	case <-got:
		return nil
	case <-l.gone:
		return fmt.Errorf("PNG: %w", l.why())
	case <-ctx.Done():
		return fmt.Errorf("PNG: no answer: %w", ctx.Err())
	}
}

// pong answers the oldest ping.
func (l *link) pong() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pings) > 0 {
		close(l.pings[0])
		l.pings = l.pings[1:]
	}
}
