package matrix

import (
	"context"
	"errors"
	"net/http"
	"time"

	"maunium.net/go/mautrix"
)

// errNonsense is an answer that lacks what it must have.
var errNonsense = errors.New("the homeserver's answer makes no sense")

// legacyRefresh renews an access token that was issued by /login (client-server API, 1.3,
// POST /refresh).
func (a *api) legacyRefresh(ctx context.Context, s session) (session, error) {
	var resp struct {
		Access  string  `json:"access_token"`
		Refresh string  `json:"refresh_token"`
		Expires float64 `json:"expires_in_ms"`
	}
	body, err := a.public(ctx, http.MethodPost, mautrix.ClientURLPath{"v3", "refresh"}, map[string]string{"refresh_token": s.Refresh})
	if err != nil {
		return session{}, err
	}
	if !lenient(body, &resp) || !fitToken(resp.Access) {
		return session{}, errNonsense
	}
	return s.renewed(resp.Access, resp.Refresh, millis(resp.Expires)), nil
}

// millis is a length of time that a homeserver has written in milliseconds.
func millis(ms float64) time.Duration {
	return time.Duration(min(max(ms, 0), float64(maxLife/time.Millisecond))) * time.Millisecond
}

// fitToken tells whether a token can stand in a header.
func fitToken(token string) bool {
	if token == "" || len(token) > 16<<10 {
		return false
	}
	for _, r := range token {
		if r <= ' ' || r > '~' {
			return false
		}
	}
	return true
}

// ended tells whether the answer to a request for a new access token means that there will be none
// (client-server API, 1.15, "Refresh token grant"). A locked account keeps its sessions.
func ended(err error) bool {
	if !definite(err) || codeOf(err) == codeLocked {
		return false
	}
	switch statusOf(err) {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		return true
	}
	return codeOf(err) != ""
}

// isSoft tells whether the homeserver only wants its user to sign in anew.
func isSoft(err error) bool {
	var he mautrix.HTTPError
	return errors.As(err, &he) && he.RespError != nil && he.RespError.ExtraData["soft_logout"] == true
}
