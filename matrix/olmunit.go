//go:build goolm

package matrix

import (
	"context"
	"database/sql"
)

// A unit makes one transaction of all that the library writes while it handles one message to our
// device: that the message was seen, how the ratchet stands now, and the key that it brought. After
// a crash in between, the message is handled as if it had never come. The transaction begins with
// the first write, when the library holds its own lock already: the other way round they would wait
// for one another.
type unit struct {
	tx  *sql.Tx
	err error // the first that went wrong
}

type unitKey struct{}

func withUnit(ctx context.Context) (context.Context, *unit) {
	u := &unit{}
	return context.WithValue(ctx, unitKey{}, u), u
}

func unitOf(ctx context.Context) *unit {
	u, _ := ctx.Value(unitKey{}).(*unit)
	return u
}

// end commits, unless something went wrong.
func (u *unit) end() error {
	if u.tx == nil {
		return u.err
	}
	if u.err != nil {
		_ = u.tx.Rollback()
		return u.err
	}
	return u.tx.Commit()
}

// units is a database that knows of units.
type units struct{ *sql.DB }

func (d units) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	u := unitOf(ctx)
	if u == nil {
		return d.DB.ExecContext(ctx, query, args...)
	}
	if u.err != nil {
		return nil, u.err
	}
	if u.tx == nil {
		u.tx, u.err = d.DB.BeginTx(ctx, nil)
	}
	var result sql.Result
	if u.err == nil {
		result, u.err = u.tx.ExecContext(ctx, query, args...)
	}
	return result, u.err
}

func (d units) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if u := unitOf(ctx); u != nil && u.tx != nil {
		return u.tx.QueryContext(ctx, query, args...)
	}
	return d.DB.QueryContext(ctx, query, args...)
}

func (d units) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if u := unitOf(ctx); u != nil && u.tx != nil {
		return u.tx.QueryRowContext(ctx, query, args...)
	}
	return d.DB.QueryRowContext(ctx, query, args...)
}
