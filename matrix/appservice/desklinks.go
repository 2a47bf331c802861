package appservice

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The stages of a linked person's sign-in on their own homeserver.
const (
	stageNew     = "new"     // not begun
	stageSigning = "signing" // the person has been told where
	stageOwn     = "own"     // done: the account is on Matrix as that person
	stageGhost   = "ghost"   // not to be had, or given up: the account goes on with what it has
)

// A link says which account is a person's.
type link struct {
	account, person string
	room            string // where the person is told of it
	stage           string
	made            time.Time // of the stage
}

var errLinked = errors.New("this account, or that person, is linked with somebody else already; say matrix unlink first")

// makeLink makes a link of a code, in place of one between the same two.
func makeLink(ctx context.Context, tx *sql.Tx, c code) (problem, err error) {
	var others int
	err = tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM links WHERE (account = $1) <> (person = $2)", c.account, c.person).Scan(&others)
	if err != nil {
		return nil, err
	}
	if others > 0 {
		return errLinked, nil
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO links (account, person, room, stage, made) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account) DO UPDATE SET room = excluded.room, stage = excluded.stage, made = excluded.made`,
		c.account, c.person, c.room, stageNew, time.Now().UnixNano())
	return nil, err
}

// linkWhere is the one link for which a condition holds; nil if there is none.
func (b *book) linkWhere(ctx context.Context, condition string, arg any) (*link, error) {
	all, err := b.linksWhere(ctx, condition, arg)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

func (b *book) linksWhere(ctx context.Context, condition string, args ...any) ([]link, error) {
	rows, err := b.db.QueryContext(ctx, "SELECT account, person, room, stage, made FROM links WHERE "+condition, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []link
	for rows.Next() {
		var l link
		var made int64
		if err := rows.Scan(&l.account, &l.person, &l.room, &l.stage, &made); err != nil {
			return nil, err
		}
		l.made = time.Unix(0, made)
		all = append(all, l)
	}
	return all, rows.Err()
}

// linkOf is a person's link, linkTo an account's; nil if there is none.
func (b *book) linkOf(ctx context.Context, person string) (*link, error) {
	return b.linkWhere(ctx, "person = $1", person)
}

func (b *book) linkTo(ctx context.Context, account string) (*link, error) {
	return b.linkWhere(ctx, "account = $1", account)
}

// unsettled are the links whose sign-in is to be begun or looked after.
func (b *book) unsettled(ctx context.Context) ([]link, error) {
	return b.linksWhere(ctx, "stage IN ($1, $2) ORDER BY made LIMIT 100", stageNew, stageSigning)
}

// setStage notes how far a sign-in is, of a link that is still the same.
func (b *book) setStage(ctx context.Context, l link, stage string) error {
	_, err := b.db.ExecContext(ctx, "UPDATE links SET stage = $1, made = $2 WHERE account = $3 AND person = $4",
		stage, time.Now().UnixNano(), l.account, l.person)
	return err
}

// moveLink has a person told in another room of what becomes of their link.
func (b *book) moveLink(ctx context.Context, l link, room string) error {
	_, err := b.db.ExecContext(ctx, "UPDATE links SET room = $1 WHERE account = $2 AND person = $3", room, l.account, l.person)
	return err
}

func (b *book) unlink(ctx context.Context, account string) error {
	_, err := b.db.ExecContext(ctx, "DELETE FROM links WHERE account = $1", account)
	return err
}

// Confirm links the account to the person on Matrix who was given this code in the control room, and
// returns what there is to say to the account's owner. Errors are in words too.
func (s *Service) Confirm(ctx context.Context, account, code string) (string, error) {
	code = strings.Map(digit, code)
	if len(code) != codeDigits || strings.Trim(code, "0123456789") != "" {
		return "", fmt.Errorf("a code has %d digits", codeDigits)
	}
	b, err := s.book(ctx)
	if err != nil {
		return "", err
	}
	person, err := b.redeem(ctx, account, code)
	if err != nil {
		return "", err
	}
	s.log.Info("account linked", "account", account, "user", person)
	s.wakeDesk()
	return fmt.Sprintf("This account is linked with %s on Matrix now; what follows is told to them there. "+
		"If that is not you, say: matrix unlink", person), nil
}

// digit drops what may stand between digits.
func digit(r rune) rune {
	if strings.ContainsRune(" -.", r) {
		return -1
	}
	return r
}

// Unlink ends what Confirm has begun, and returns what there is to say to the account's owner. A login
// that was made by it stays.
func (s *Service) Unlink(ctx context.Context, account string) (string, error) {
	b, err := s.book(ctx)
	if err != nil {
		return "", err
	}
	l, err := b.linkTo(ctx, account)
	if err != nil || l == nil {
		return "This account is not linked with anybody on Matrix.", err
	}
	if err := b.unlink(ctx, account); err != nil {
		return "", err
	}
	s.log.Info("account unlinked by its owner", "account", account, "user", l.person)
	return fmt.Sprintf("This account is not linked with %s any more. "+
		"If it has a login of that person's, you remove it with: logout matrix", l.person), nil
}
