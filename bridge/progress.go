package bridge

import (
	"context"
	"time"
)

// patience is the time that a message still has until its writer must have an
// answer.
type patience struct{ timer *time.Timer }

type patienceKey struct{}

// withPatience returns a context that ends with the cause DeadlineExceeded after
// d, unless Progress puts that off.
func withPatience(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, end := context.WithCancelCause(ctx)
	p := &patience{time.AfterFunc(d, func() { end(context.DeadlineExceeded) })}
	return context.WithValue(ctx, patienceKey{}, p), func() {
		p.timer.Stop()
		end(context.Canceled)
	}
}

// Progress says, with the context of Conn.Send, that the message is held back by
// nothing but the network's own flow control, and moves: its time begins anew.
func Progress(ctx context.Context) {
	if p, ok := ctx.Value(patienceKey{}).(*patience); ok {
		p.timer.Reset(sendTime)
	}
}
