package appservice

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// A book is what the control room keeps, beside the log. Its methods may be called from several
// goroutines.
type book struct {
	db      *sql.DB
	writing chan struct{} // held by whoever writes more than one row
}

// book is what is kept, which is opened if it is not yet.
func (s *Service) book(ctx context.Context) (*book, error) {
	j, err := s.journal(ctx)
	if err != nil {
		return nil, err
	}
	return &book{db: j.db, writing: s.booking}, nil
}

// hold waits until nobody else writes more than one row, and calls f.
func (b *book) hold(ctx context.Context, f func() error) error {
	select {
	case b.writing <- struct{}{}:
		defer func() { <-b.writing }()
		return f()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// change calls f in a transaction, one at a time.
func (b *book) change(ctx context.Context, f func(*sql.Tx) error) error {
	return b.hold(ctx, func() error { return b.transact(ctx, f) })
}

func (b *book) transact(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// A notice is something to be said in a room.
type notice struct{ answers, room, body string }

// answered tells whether there is a notice for an occasion, said or not.
func (b *book) answered(ctx context.Context, answers string) (bool, error) {
	var n int
	err := b.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM notices WHERE answers = $1", answers).Scan(&n)
	return n > 0, err
}

// post keeps a notice until it is said, unless there is one for the occasion.
func (b *book) post(ctx context.Context, n notice) error {
	_, err := b.db.ExecContext(ctx, `
		INSERT INTO notices (answers, room, body, made) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		n.answers, n.room, n.body, time.Now().UnixNano())
	return err
}

// said notes that a notice was sent, or will never be.
func (b *book) said(ctx context.Context, answers string) error {
	_, err := b.db.ExecContext(ctx, "UPDATE notices SET body = NULL WHERE answers = $1", answers)
	return err
}

// unsaid are the oldest notices that wait, of one room or, if that is empty, of all.
func (b *book) unsaid(ctx context.Context, room string) ([]notice, error) {
	rows, err := b.db.QueryContext(ctx, `
		SELECT answers, room, body FROM notices WHERE body IS NOT NULL AND ($1 = '' OR room = $1)
		ORDER BY made, answers LIMIT 100`, room)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []notice
	for rows.Next() {
		var n notice
		if err := rows.Scan(&n.answers, &n.room, &n.body); err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, rows.Err()
}

// How long notices are kept: those that cannot be said, and the mark that one was said.
const (
	unsaidTime = 24 * time.Hour
	saidTime   = 30 * 24 * time.Hour
)

// tidy forgets what is too old.
func (b *book) tidy(ctx context.Context, now time.Time) error {
	_, err1 := b.db.ExecContext(ctx, "DELETE FROM notices WHERE made < $1", now.Add(-saidTime).UnixNano())
	_, err2 := b.db.ExecContext(ctx, "UPDATE notices SET body = NULL WHERE body IS NOT NULL AND made < $1",
		now.Add(-unsaidTime).UnixNano())
	_, err3 := b.db.ExecContext(ctx, "DELETE FROM codes WHERE expires < $1", now.Unix())
	return errors.Join(err1, err2, err3)
}

// forgetAccount forgets all that there is of an account that is not there any more.
func (b *book) forgetAccount(ctx context.Context, account string) error {
	return b.change(ctx, func(tx *sql.Tx) error {
		for _, table := range []string{"codes", "links", "blocks"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE account = $1", account); err != nil {
				return err
			}
		}
		return nil
	})
}

// accounts are those that something is kept of but notices.
func (b *book) accounts(ctx context.Context) ([]string, error) {
	return column(ctx, b.db, "SELECT account FROM codes UNION SELECT account FROM links UNION SELECT account FROM blocks")
}
