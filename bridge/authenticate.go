package bridge

import (
	"context"
	"crypto/subtle"
	"errors"
)

// passportLength is how many characters of a password clients send that ask for it
// in clear: they cut off the rest (doc/protocol, 04 section 3.1).
const passportLength = 16

// Authenticate checks a password that has come in clear: the account's own, or, where
// a network admits its people (Admitter), theirs there. Whoever is admitted for the
// first time has an account and a login afterwards. ErrWrongPassword, for an unknown
// handle too; with another error it cannot be told now: see SignInError.
func (b *Bridge) Authenticate(ctx context.Context, handle string, password Secret) error {
	err := b.checkPassword(ctx, handle, password)
	if !errors.Is(err, ErrWrongPassword) {
		return err
	}
	if p := b.applicant(handle, password); p != nil {
		return b.admit(ctx, p)
	}
	return err
}

// checkPassword checks the account's own password.
func (b *Bridge) checkPassword(ctx context.Context, handle string, password Secret) error {
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
