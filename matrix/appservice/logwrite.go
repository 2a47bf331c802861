package appservice

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// writeTime bounds how long it may take to store a transaction.
const writeTime = 30 * time.Second

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// A transaction is what the homeserver pushes at once, as far as it is kept.
type transaction struct {
	id, body string // digests
	entries  []entry
}

// outcome is what has become of a transaction that was stored.
type outcome struct {
	fresh   []entry // those of its entries that were not known
	known   bool    // the transaction was known, so there is nothing new
	altered bool    // under its ID another one was known
}

// store keeps a transaction durably. Events that are known are left out, and so is a transaction that
// is repeated. One that brings something else under a known ID is taken in: Dendrite 0.15.2 calls a
// transaction after its first event, and one that it repeats because it has not heard our answer brings
// also what has happened since. announce is called with what is new before anything else is stored.
func (j *journal) store(ctx context.Context, t transaction, announce func([]entry)) (outcome, error) {
	var o outcome
	err := j.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var err error
		o, err = j.append(ctx, tx, t)
		return err
	}, func() {
		if len(o.fresh) > 0 {
			j.extend(o.fresh)
			announce(o.fresh)
		}
	})
	if err != nil {
		return outcome{}, fmt.Errorf("store what was pushed: %w", err)
	}
	return o, nil
}

func (j *journal) append(ctx context.Context, tx *sql.Tx, t transaction) (outcome, error) {
	var body string
	err := tx.QueryRowContext(ctx, "SELECT body FROM transactions WHERE id = $1", t.id).Scan(&body)
	altered := err == nil && body != t.body
	switch {
	case err == nil && !altered:
		return outcome{known: true}, nil
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return outcome{}, err
	}
	now := time.Now().Unix()
	_, err = tx.ExecContext(ctx, `
		INSERT INTO transactions (id, body, stored) VALUES ($1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET body = excluded.body, stored = excluded.stored`, t.id, t.body, now)
	if err != nil {
		return outcome{}, err
	}
	fresh, err := j.appendEntries(ctx, tx, t.entries, now)
	return outcome{fresh: fresh, altered: altered}, err
}

// appendEntries numbers the entries that are not known, and keeps them.
func (j *journal) appendEntries(ctx context.Context, tx *sql.Tx, entries []entry, now int64) ([]entry, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	insert, err := tx.PrepareContext(ctx, `
		INSERT INTO events (n, event_id, room, subject, raw, stored) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (event_id) DO NOTHING`)
	if err != nil {
		return nil, err
	}
	defer insert.Close()
	var fresh []entry
	n := j.end()
	for _, e := range entries {
		e.n = n + 1
		subject := sql.NullString{String: e.subject, Valid: e.subject != ""}
		result, err := insert.ExecContext(ctx, e.n, e.id, e.room, subject, e.raw, now)
		if err != nil {
			return nil, err
		}
		if rows, err := result.RowsAffected(); err != nil {
			return nil, err
		} else if rows > 0 {
			n, fresh = e.n, append(fresh, e)
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	return fresh, setNumber(ctx, tx, factEnd, n)
}

// extend lets readers see what was stored.
func (j *journal) extend(fresh []entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.tail.add(fresh, fresh[len(fresh)-1].n)
}
