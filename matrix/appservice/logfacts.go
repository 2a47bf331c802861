package appservice

import (
	"context"
	"database/sql"
	"errors"
)

// Facts are single values that are kept beside the log: besides those of readers (cursorName) these.
const (
	factEpoch = "epoch" // of the log
	factEnd   = "end"   // number of the last entry
	factLost  = "lost"  // number of the last entry that was deleted
	factName  = "name"  // what the service's own user is called
)

// fact is one that is kept; empty if there is none.
func fact(ctx context.Context, db *sql.DB, name string) (value string, err error) {
	err = db.QueryRowContext(ctx, "SELECT value FROM facts WHERE name = $1", name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

func setFact(ctx context.Context, tx execer, name, value string) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO facts (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// column reads a query of one text.
func column(ctx context.Context, db *sql.DB, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}
