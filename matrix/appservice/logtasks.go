package appservice

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// What a reader of the log keeps about itself: how far it has come, and the events before that with
// which it is not done. Its tasks outlast the process like the log itself.

func cursorName(reader string) string { return "cursor " + reader }

// cursor is the position that a reader has come to; false if it has not begun.
func (j *journal) cursor(ctx context.Context, reader string) (string, bool, error) {
	var position string
	err := j.db.QueryRowContext(ctx, "SELECT value FROM facts WHERE name = $1", cursorName(reader)).Scan(&position)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return position, err == nil, err
}

// advance keeps a reader's position, and the events before it that it still has to see to.
func (j *journal) advance(ctx context.Context, reader, position string, tasks []entry) error {
	return j.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, e := range tasks {
			_, err := tx.ExecContext(ctx, "INSERT INTO tasks (reader, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", reader, e.id)
			if err != nil {
				return fmt.Errorf("keep a task: %w", err)
			}
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO facts (name, value) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, cursorName(reader), position)
		return err
	}, func() {})
}

// done forgets a task.
func (j *journal) done(ctx context.Context, reader, event string) error {
	return j.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM tasks WHERE reader = $1 AND event_id = $2", reader, event)
		return err
	}, func() {})
}

// tasks are the events that a reader still has to see to, in their order.
func (j *journal) tasks(ctx context.Context, reader string) ([]entry, error) {
	rows, err := j.db.QueryContext(ctx, `
		SELECT events.n, events.event_id, events.room, COALESCE(events.subject, ''), events.raw
		FROM tasks JOIN events ON events.event_id = tasks.event_id
		WHERE tasks.reader = $1 AND events.raw IS NOT NULL ORDER BY events.n`, reader)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []entry
	for rows.Next() {
		var e entry
		if err := rows.Scan(&e.n, &e.id, &e.room, &e.subject, &e.raw); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, rows.Err()
}

// subjects are whose memberships of a room the log knows of, among those whose IDs begin so.
func (j *journal) subjects(ctx context.Context, room, prefix string) ([]string, error) {
	rows, err := j.db.QueryContext(ctx, `
		SELECT DISTINCT subject FROM events
		WHERE room = $1 AND substr(subject, 1, length(CAST($2 AS TEXT))) = $2 LIMIT 1000`, room, prefix)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var subject string
		if err := rows.Scan(&subject); err != nil {
			return nil, err
		}
		all = append(all, subject)
	}
	return all, rows.Err()
}
