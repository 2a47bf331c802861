package client

import (
	"context"
	"fmt"
)

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
