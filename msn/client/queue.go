package client

import (
	"context"
	"fmt"
)

// QueueLen is how many events wait to be read. When that many do and another
// comes, the connection ends with ErrOverflow: a reader that slow has lost touch.
const QueueLen = 4096

// Wait reads events until one of type T comes that match accepts (nil accepts
// all), and returns it; those before it are gone. It fails when the events or
// ctx end.
func Wait[T Event](ctx context.Context, events <-chan Event, match func(T) bool) (T, error) {
	var none T
	for {
		select {
		case ev, ok := <-events:
			if !ok {
				return none, fmt.Errorf("wait for %T: %w", none, ErrClosed)
			}
			if t, is := ev.(T); is && (match == nil || match(t)) {
				return t, nil
			}
		case <-ctx.Done():
			return none, fmt.Errorf("wait for %T: %w", none, ctx.Err())
		}
	}
}
