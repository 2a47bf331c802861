package appservice

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// Limits of the codes with which an account is linked.
const (
	codeDigits = 8
	codeTime   = 10 * time.Minute
	codeTries  = 5 // wrong ones
)

// A code is what the owner of an account says on MSN, to link it with a person on Matrix.
type code struct {
	account, person string
	room            string // where the person asked for it
	event           string // by which they did: asked again by the same one, it is the same code
	text            string
	expires         time.Time
	tries           int
}

// newCode makes the digits of a code, each as likely as any other.
func newCode() string {
	most := new(big.Int).Exp(big.NewInt(10), big.NewInt(codeDigits), nil)
	n, err := rand.Int(rand.Reader, most)
	if err != nil {
		panic(err) // it never fails (crypto/rand)
	}
	return fmt.Sprintf("%0*d", codeDigits, n)
}

// errOtherCode: somebody else has asked for the same account.
var errOtherCode = errors.New("there is a code for somebody else")

// giveCode keeps a code that was made for a person and an account, in place of the one that the
// person had; or returns the one that the same event has brought.
func (b *book) giveCode(ctx context.Context, c code) (code, error) {
	err := b.change(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM codes WHERE expires <= $1", time.Now().Unix()); err != nil {
			return err
		}
		switch old, err := readCode(ctx, tx, c.account); {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return err
		case old.person != c.person:
			c.expires = old.expires
			return errOtherCode
		case old.event == c.event:
			c = old
			return nil
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM codes WHERE person = $1", c.person); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO codes (account, person, room, event, code, expires, tries) VALUES ($1, $2, $3, $4, $5, $6, 0)`,
			c.account, c.person, c.room, c.event, c.text, c.expires.Unix())
		return err
	})
	return c, err
}

func readCode(ctx context.Context, tx *sql.Tx, account string) (code, error) {
	c := code{account: account}
	var expires int64
	err := tx.QueryRowContext(ctx, "SELECT person, room, event, code, expires, tries FROM codes WHERE account = $1", account).
		Scan(&c.person, &c.room, &c.event, &c.text, &expires, &c.tries)
	c.expires = time.Unix(expires, 0)
	return c, err
}

// What can be wrong with a code that the owner of an account says; said to them.
var (
	errNoCode    = errors.New("there is no code for this account, or it has expired; ask the service's user on Matrix for a new one: link, and this account")
	errWrongCode = errors.New("that is not the code")
	errLastTry   = errors.New("that is not the code, and it was tried too often: ask the service's user on Matrix for a new one")
)

// redeem makes a link of a code that the owner of the account has said. It can be said once.
func (b *book) redeem(ctx context.Context, account, text string) (person string, err error) {
	var problem error
	err = b.change(ctx, func(tx *sql.Tx) error {
		c, err := readCode(ctx, tx, account)
		switch {
		case errors.Is(err, sql.ErrNoRows), err == nil && !time.Now().Before(c.expires):
			problem = errNoCode
			return nil
		case err != nil:
			return err
		case subtle.ConstantTimeCompare([]byte(c.text), []byte(text)) != 1:
			problem, err = missedCode(ctx, tx, c)
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM codes WHERE account = $1", account); err != nil {
			return err
		}
		person = c.person
		problem, err = makeLink(ctx, tx, c)
		return err
	})
	return person, errors.Join(err, problem)
}

// missedCode counts a code that was wrong.
func missedCode(ctx context.Context, tx *sql.Tx, c code) (problem, err error) {
	if c.tries+1 >= codeTries {
		_, err = tx.ExecContext(ctx, "DELETE FROM codes WHERE account = $1", c.account)
		return errLastTry, err
	}
	_, err = tx.ExecContext(ctx, "UPDATE codes SET tries = tries + 1 WHERE account = $1", c.account)
	return errWrongCode, err
}
