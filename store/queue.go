package store

import (
	"context"
	"sync"
	"sync/atomic"

	"msnbridge/bridge"
)

// maxDo bounds how many calls of Do are queued; others wait for their turn.
const maxDo = 1024

// A job is one function to run in a transaction.
type job struct {
	f    func(bridge.Tx) error
	done func(error) // called once, by the writer
	err  error       // of f; owned by the writer

	// taken is set by whoever is first: the writer that runs the job, or Do that
	// no longer wants it.
	taken atomic.Bool
}

// A queue holds jobs for the writer, in the order in which they came.
type queue struct {
	wake    chan struct{} // has one element if there may be something to take
	slots   chan struct{} // has an element for each Do that is queued
	closing chan struct{} // closed by close

	mu     sync.Mutex // guards the fields below
	jobs   []*job
	closed bool
}

func newQueue() *queue {
	return &queue{
		wake:    make(chan struct{}, 1),
		slots:   make(chan struct{}, maxDo),
		closing: make(chan struct{}),
	}
}

// put appends a job; false if the queue is closed.
func (q *queue) put(j *job) bool {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return false
	}
	q.jobs = append(q.jobs, j)
	q.mu.Unlock()
	q.signal()
	return true
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// close lets no more jobs in. Those in the queue are still taken.
func (q *queue) close() {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.closing)
	}
	q.mu.Unlock()
	q.signal()
}

// take moves up to cap(batch) jobs into batch, waiting for the first; none if the
// queue is closed and empty.
func (q *queue) take(batch []*job) []*job {
	for {
		batch, closed := q.grab(batch[:0])
		if len(batch) > 0 || closed {
			return batch
		}
		<-q.wake
	}
}

func (q *queue) grab(batch []*job) (_ []*job, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(cap(batch), len(q.jobs))
	batch = append(batch, q.jobs[:n]...)
	rest := copy(q.jobs, q.jobs[n:])
	clear(q.jobs[rest:])
	q.jobs = q.jobs[:rest]
	return batch, q.closed
}

// enter waits for a place for Do in the queue.
func (q *queue) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case q.slots <- struct{}{}:
		return nil
	case <-q.closing:
		return bridge.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *queue) leave() { <-q.slots }
