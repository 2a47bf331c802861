package appservice

import (
	"context"
	"database/sql"
	"fmt"
)

// What a reader of the log keeps about itself: how far it has come, and the events before that with
// which it is not done. Its tasks outlast the process like the log itself.

func cursorName(reader string) string { return "cursor " + reader }

// cursor is the position that a reader has come to; empty if it has not begun.
func (j *journal) cursor(ctx context.Context, reader string) (string, error) {
	return fact(ctx, j.db, cursorName(reader))
}

// advance keeps a reader's position, and the IDs of the events before it that it still has to see to.
func (j *journal) advance(ctx context.Context, reader, position string, tasks []string) error {
	return j.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, event := range tasks {
			_, err := tx.ExecContext(ctx, "INSERT INTO tasks (reader, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", reader, event)
			if err != nil {
				return fmt.Errorf("keep a task: %w", err)
			}
		}
		return setFact(ctx, tx, cursorName(reader), position)
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
	return column(ctx, j.db, `
		SELECT DISTINCT subject FROM events
		WHERE room = $1 AND substr(subject, 1, length(CAST($2 AS TEXT))) = $2 LIMIT 1000`, room, prefix)
}
