package appservice

import (
	"context"
	"database/sql"
	"log/slog"
	"time"
)

// How long things are kept.
const (
	keepText         = 7 * 24 * time.Hour  // of events
	keepIDs          = 30 * 24 * time.Hour // of events
	keepTransactions = 3 * 24 * time.Hour  // IDs of; what is repeated later is known by its events
	purgeEvery       = time.Hour
	purgeAtOnce      = 500 // rows in one transaction
)

// purge forgets what is old, until ctx ends.
func (s *Service) purge(ctx context.Context) {
	clock := time.NewTicker(purgeEvery)
	defer clock.Stop()
	for {
		j, err := s.journal(ctx)
		if err == nil {
			err = j.purge(ctx, time.Now())
		}
		if err != nil && ctx.Err() == nil {
			s.log.Warn("old events cannot be forgotten", slog.Any("error", err))
		}
		select {
		case <-clock.C:
		case <-ctx.Done():
			return
		}
	}
}

// purge forgets what is old at this time, a little at once, so that it holds up nothing else.
func (j *journal) purge(ctx context.Context, now time.Time) error {
	for _, step := range []struct {
		keep time.Duration
		do   func(ctx context.Context, tx *sql.Tx, before int64) (int64, error)
	}{
		{keepText, forgetText}, {keepIDs, forgetEvents}, {keepTransactions, forgetTransactions},
	} {
		for more := int64(purgeAtOnce); more == purgeAtOnce; {
			err := j.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
				more, err = step.do(ctx, tx, now.Add(-step.keep).Unix())
				return err
			}, func() {})
			if err != nil {
				return err
			}
		}
	}
	lost, err := j.number(ctx, factLost)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lost = max(j.lost, lost)
	return err
}

// forgetText forgets what events say, and with that what was still to be done about them.
func forgetText(ctx context.Context, tx *sql.Tx, before int64) (int64, error) {
	result, err := tx.ExecContext(ctx, `
		UPDATE events SET raw = NULL WHERE n IN (
			SELECT n FROM (SELECT n, stored FROM events WHERE raw IS NOT NULL ORDER BY n LIMIT $2) AS oldest
			WHERE stored < $1)`, before, purgeAtOnce)
	if err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, `
		DELETE FROM tasks WHERE NOT EXISTS (
			SELECT 1 FROM events WHERE events.event_id = tasks.event_id AND raw IS NOT NULL)`)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// forgetEvents forgets events for good; the log remembers up to where.
func forgetEvents(ctx context.Context, tx *sql.Tx, before int64) (int64, error) {
	const old = "SELECT n FROM (SELECT n, stored FROM events ORDER BY n LIMIT $2) AS oldest WHERE stored < $1"
	var last sql.NullInt64
	err := tx.QueryRowContext(ctx, "SELECT MAX(n) FROM ("+old+") AS old", before, purgeAtOnce).Scan(&last)
	if err != nil || !last.Valid {
		return 0, err
	}
	if err := setNumber(ctx, tx, factLost, last.Int64); err != nil {
		return 0, err
	}
	result, err := tx.ExecContext(ctx, "DELETE FROM events WHERE n IN ("+old+")", before, purgeAtOnce)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func forgetTransactions(ctx context.Context, tx *sql.Tx, before int64) (int64, error) {
	result, err := tx.ExecContext(ctx, `
		DELETE FROM transactions WHERE id IN (
			SELECT id FROM transactions WHERE stored < $1 LIMIT $2)`, before, purgeAtOnce)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
