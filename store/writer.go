package store

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"msnbridge/bridge"
)

// maxBatch is how many functions share a transaction: enough to pay for the
// commit, few enough not to keep the first of them waiting.
const maxBatch = 256

// A writer is the goroutine that writes, and what it owns.
type writer struct {
	db    *database
	seal  *sealer
	log   *slog.Logger
	queue *queue
	ended chan struct{} // closed when run has returned

	conn  *writeConn // nil before the first batch, and after a failure
	purge time.Time  // when to look for IDs that are too old
}

func newWriter(db *database, seal *sealer, log *slog.Logger) *writer {
	return &writer{db: db, seal: seal, log: log, queue: newQueue(), ended: make(chan struct{})}
}

// close finishes what is queued and waits for the goroutine.
func (w *writer) close() {
	w.queue.close()
	<-w.ended
}

func (w *writer) run() {
	defer close(w.ended)
	defer w.disconnect()
	batch := make([]*job, 0, maxBatch)
	for {
		batch = w.queue.take(batch)
		if len(batch) == 0 {
			return
		}
		w.write(batch)
		clear(batch)
	}
}

// write runs a batch and tells the callers.
func (w *writer) write(batch []*job) {
	batch = wanted(batch)
	if len(batch) == 0 {
		return
	}
	err := w.transact(w.withPurge(batch))
	for _, j := range batch {
		if j.err == nil {
			j.err = err
		}
		j.done(j.err)
	}
}

// wanted drops the jobs that Do has given up.
func wanted(batch []*job) []*job {
	kept := batch[:0]
	for _, j := range batch {
		if j.taken.CompareAndSwap(false, true) {
			kept = append(kept, j)
		}
	}
	return kept
}

// transact runs jobs in one transaction. Those that fail have their err set; an
// error returned is that of all others.
func (w *writer) transact(jobs []*job) error {
	ctx, cancel := w.db.bounded()
	defer cancel()
	if err := w.begin(ctx); err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	for _, j := range jobs {
		if err := w.runJob(ctx, j); err != nil {
			w.abandon(ctx)
			return fmt.Errorf("transaction lost: %w", err)
		}
	}
	if err := w.conn.exec(ctx, "COMMIT"); err != nil {
		w.abandon(ctx)
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// begin begins a transaction, on a new connection if the last one is broken.
func (w *writer) begin(ctx context.Context) error {
	if w.conn != nil {
		if w.conn.exec(ctx, w.db.begin) == nil {
			return nil
		}
		w.disconnect()
	}
	conn, err := connectWriter(ctx, w.db.write)
	if err != nil {
		return err
	}
	w.conn = conn
	if err := conn.exec(ctx, w.db.begin); err != nil {
		w.disconnect()
		return err
	}
	return nil
}

// abandon gives up a transaction. The database may have done so before.
func (w *writer) abandon(ctx context.Context) {
	_ = w.conn.exec(ctx, "ROLLBACK")
	w.disconnect()
}

func (w *writer) disconnect() {
	if w.conn != nil {
		w.conn.discard()
		w.conn = nil
	}
}

// runJob runs one job in a savepoint. The error returned is not that of the job,
// but one that has cost the whole transaction.
func (w *writer) runJob(ctx context.Context, j *job) error {
	if err := w.conn.exec(ctx, "SAVEPOINT job"); err != nil {
		return err
	}
	t := &tx{ctx: ctx, conn: w.conn, seal: w.seal}
	j.err = w.call(j.f, t)
	if t.err != nil { // whatever f has made of it
		j.err = t.err
	}
	t.err = errTxOver
	if j.err != nil {
		if err := w.conn.exec(ctx, "ROLLBACK TO SAVEPOINT job"); err != nil {
			return err
		}
	}
	return w.conn.exec(ctx, "RELEASE SAVEPOINT job")
}

// call keeps a panic of f from ending the process. It is logged because the error
// cannot carry the stack, and without that nobody could mend it.
func (w *writer) call(f func(bridge.Tx) error, t *tx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic in transaction: %v", r)
			w.log.Error("panic in transaction", "panic", r, "stack", string(debug.Stack()))
		}
	}()
	return f(t)
}
