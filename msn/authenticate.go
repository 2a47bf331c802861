package msn

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"msnbridge/bridge"
)

// Tickets are what clients get for a password that they have shown elsewhere, and
// show here in its place (doc/protocol, 04 section 2). Package passport has them.
type Tickets interface {
	// Redeem tells whether this ticket was given to handle, and not shown before,
	// and returns the seal that Authenticate has put on it. The ticket is the opaque
	// word alone, without the t= before and the &p= behind it; handle is in lower
	// case.
	Redeem(handle, ticket string) (seal string, ok bool)
}

// Authenticate checks a password that a client at from has shown in clear, within
// the same limits as other sign-ins: bridge.ErrTooManyTries above them,
// bridge.ErrWrongPassword, for an unknown handle too. With another error it cannot
// be told now. A ticket for the password must bear the seal, so that it ends when
// the account has another one or is gone.
func (s *Server) Authenticate(ctx context.Context, from net.Addr, handle string, password bridge.Secret) (seal string, err error) {
	handle = strings.ToLower(handle)
	if len(handle) > maxHandle || !strings.Contains(handle, "@") {
		return "", bridge.ErrWrongPassword
	}
	if !s.limits.try(from, handle) {
		return "", bridge.ErrTooManyTries
	}
	began := time.Now()
	err = s.bridge.Authenticate(ctx, handle, password)
	switch {
	case errors.Is(err, bridge.ErrWrongPassword):
		s.limits.signInFailed(from)
		pause(ctx, failTime-time.Since(began))
	case err != nil:
		s.limits.signInVoid(from, handle)
	default:
		s.limits.signedIn(from, handle)
		return s.seal(ctx, handle)
	}
	return "", err
}

// seal is a word that stands for an account's password, and tells nothing of it.
func (s *Server) seal(ctx context.Context, handle string) (string, error) {
	password, err := s.bridge.Password(ctx, handle)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, s.sealKey[:])
	io.WriteString(mac, handle+"\x00"+password.Reveal())
	return hex.EncodeToString(mac.Sum(nil)), nil
}
