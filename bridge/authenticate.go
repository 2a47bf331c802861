package bridge

import (
	"context"
	"crypto/subtle"
	"errors"
)

// passportLength is how many characters of a password clients send that ask for it
// in clear: they cut off the rest (doc/protocol, 04 section 3.1).
const passportLength = 16

// Authenticate checks a password that has come in clear. ErrWrongPassword, for an
// unknown handle too; with another error it cannot be told now.
func (b *Bridge) Authenticate(ctx context.Context, handle string, password Secret) error {
	want, err := b.Password(ctx, handle)
	switch {
	case errors.Is(err, ErrNotFound):
		return ErrWrongPassword
	case err != nil:
		return err
	case !samePassword(password.Reveal(), want.Reveal()):
		return ErrWrongPassword
	}
	return nil
}

// samePassword compares in a time that tells nothing of want. What is cut where
// clients cut is the same.
func samePassword(given, want string) bool {
	same := subtle.ConstantTimeCompare([]byte(given), []byte(want))
	cut := []rune(want)
	if len(cut) > passportLength {
		same |= subtle.ConstantTimeCompare([]byte(given), []byte(string(cut[:passportLength])))
	}
	return same == 1
}
