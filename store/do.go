package store

import (
	"context"

	"msnbridge/bridge"
)

// Do runs f in a transaction and returns when it is committed, or has failed. At
// most 1024 calls are queued; others wait. If ctx ends before f was begun, f is
// not run; afterwards Do waits for the outcome, so that it is always known. f must
// not call the store. After Close: bridge.ErrClosed.
func (s *Store) Do(ctx context.Context, f func(bridge.Tx) error) error {
	q := s.writer.queue
	if err := q.enter(ctx); err != nil {
		return err
	}
	defer q.leave()
	outcome := make(chan error, 1)
	j := &job{f: f, done: func(err error) { outcome <- err }}
	if !q.put(j) {
		return bridge.ErrClosed
	}
	select {
	case err := <-outcome:
		return err
	case <-ctx.Done():
	}
	if j.taken.CompareAndSwap(false, true) {
		return ctx.Err()
	}
	return <-outcome
}

// Update is Do without waiting. It never blocks, so it sets no bound to what is
// queued: that is for the callers, each of which must limit its own updates under
// way. done may be nil; it is called by the writer, in the order of the calls,
// and must neither wait nor panic. After Close it is called, with
// bridge.ErrClosed, before Update returns.
func (s *Store) Update(f func(bridge.Tx) error, done func(error)) {
	if done == nil {
		done = func(error) {}
	}
	if !s.writer.queue.put(&job{f: f, done: done}) {
		done(bridge.ErrClosed)
	}
}
