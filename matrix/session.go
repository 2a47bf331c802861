package matrix

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"msnbridge/bridge"
)

// What is kept of a login.
const (
	stateDevice  = "device"  // our device ID
	stateSession = "session" // a session
	stateToken   = "token"   // earlier versions: digest of the access token that is the login's secret
)

// A session is what is kept of a sign-in, in one piece, so that no crash tears it apart.
type session struct {
	How     string        `json:"how"`  // authPassword, authToken, authOAuth or authSSO
	User    string        `json:"user"` // who has signed in
	Of      string        `json:"of"`   // digest of the login's secret that it belongs to
	Access  string        `json:"access"`
	Refresh string        `json:"refresh,omitempty"` // empty: the access token cannot be renewed
	Expires time.Time     `json:"expires,omitzero"`  // zero: it does not expire
	Life    time.Duration `json:"life,omitempty"`    // of a new access token
	Client  string        `json:"client,omitempty"`  // OAuth: our client ID
	Over    string        `json:"over,omitempty"`    // hardEnd or softEnd, once it has ended
}

// How a session ends: the homeserver has deleted the device, or only wants its user to sign in
// again (client-server API, 1.15, "Soft logout").
const (
	hardEnd = "hard"
	softEnd = "soft"
)

// live tells whether the session has not ended, as far as we know.
func (s session) live() bool { return s.Access != "" && s.Over == "" }

// renewed is the session with the tokens that a homeserver has issued now. Without a new refresh
// token the old one stays.
func (s session) renewed(access, refresh string, life time.Duration) session {
	s.Access, s.Refresh = access, orSo(refresh, s.Refresh)
	s.Life, s.Expires = min(max(life, 0), maxLife), time.Time{}
	if s.Life > 0 {
		s.Expires = time.Now().Add(s.Life)
	}
	return s
}

// maxLife bounds what we believe of an access token's life.
const maxLife = 10 * 365 * 24 * time.Hour

// due tells whether the access token should be renewed before it is used: a /sync may last for
// half a minute.
func (s session) due(now time.Time) bool {
	return s.Refresh != "" && !s.Expires.IsZero() && now.Add(min(time.Minute, s.Life/3)).After(s.Expires)
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// keptSession is the session that a login has; the zero one if it has none. A secret that was not
// there when it was made means that the owner wants another one.
func keptSession(ctx context.Context, login bridge.Login) (session, error) {
	secret := login.Secret.Reveal()
	if login.Keys[keyAuth] == authToken {
		return session{How: authToken, User: login.Keys[keyUser], Access: secret}, nil
	}
	s, err := storedSession(ctx, login.State)
	if err != nil {
		return session{}, err
	}
	if s.How == "" {
		return earlierSession(ctx, login)
	}
	if auth := login.Keys[keyAuth]; secret != "" && s.Of != digest(secret) || auth != "" && auth != s.How {
		return session{User: s.User}, nil
	}
	return s, nil
}

// storedSession is the session that is stored; the zero one if there is none.
func storedSession(ctx context.Context, state bridge.LoginState) (s session, err error) {
	kept, err := state.Get(ctx, stateSession)
	if err == nil && kept != nil {
		err = json.Unmarshal(kept, &s)
	}
	if err != nil {
		return session{}, fmt.Errorf("read the session that is kept: %w", err)
	}
	return s, nil
}

// earlierSession is that of a version which kept the digest of its token alone.
func earlierSession(ctx context.Context, login bridge.Login) (session, error) {
	kept, err := login.State.Get(ctx, stateToken)
	secret := login.Secret.Reveal()
	if err != nil || secret == "" || string(kept) != digest(secret) {
		return session{}, err
	}
	return session{How: authPassword, User: login.Keys[keyUser], Of: digest(secret), Access: secret}, nil
}

// keep stores the session.
func (s session) keep(ctx context.Context, state bridge.LoginState) error {
	if s.How == authToken || s.How == authAppservice {
		return nil // it is the login's own secret, or the service's
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return state.Put(ctx, stateSession, text)
}
