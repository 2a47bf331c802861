package appservice

import (
	"context"
	"database/sql"
	"errors"
)

// write calls f in a transaction that is durable once it is committed, and then done. It does not
// end early with ctx, but gives up waiting for its turn.
func (j *journal) write(ctx context.Context, f func(context.Context, *sql.Tx) error, done func()) error {
	select {
	case j.writing <- struct{}{}:
		defer func() { <-j.writing }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	if err := j.settle(ctx); err != nil {
		return err
	}
	if err := j.commit(ctx, f); err != nil {
		return err
	}
	done()
	return nil
}

// settle finds out what has become of a commit that failed.
func (j *journal) settle(ctx context.Context) error {
	if !j.doubt {
		return nil
	}
	if err := j.recall(ctx); err != nil {
		return err
	}
	j.doubt = false
	j.grown()
	return nil
}

func (j *journal) commit(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	conn, err := j.durable(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(ctx, tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		j.doubt = true
		return err
	}
	return nil
}

// durable is a connection whose commits outlast a power failure; the homeserver forgets what it was
// told we have.
func (j *journal) durable(ctx context.Context) (*sql.Conn, error) {
	conn, err := j.db.Conn(ctx)
	if err != nil || !j.sqlite {
		return conn, err
	}
	if _, err := conn.ExecContext(ctx, "PRAGMA synchronous = FULL"); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}
