package matrix

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix"

	"msnbridge/bridge"
)

// Errors of the client-server API that concern the whole account.
const (
	codeUnknownToken = "M_UNKNOWN_TOKEN"
	codeMissingToken = "M_MISSING_TOKEN"
	codeDeactivated  = "M_USER_DEACTIVATED"
	codeLocked       = "M_USER_LOCKED"
	codeSuspended    = "M_USER_SUSPENDED"
	codeConsent      = "M_CONSENT_NOT_GIVEN"
)

// accountWords are what the owner is told of those that no signing in helps against.
var accountWords = map[string]string{
	codeDeactivated: "the Matrix account has been deactivated",
	codeLocked:      "the Matrix account has been locked by its homeserver; ask those who run it. It is tried again every half hour",
	codeSuspended:   "the Matrix account has been suspended by its homeserver; ask those who run it",
}

// lockedWait is how often a locked account is tried again: the homeserver keeps its sessions
// (client-server API, 1.12, "Account locking").
const lockedWait = 30 * time.Minute

// stateTold says that the owner has been told that the account is locked.
const stateTold = "told"

// rejection makes the error of Connect, or of the end of the connection, of an answer that concerns
// the whole account; nil for others.
func (c *Conn) rejection(err error) error {
	if c.ghosts != nil && refusesUs(err) {
		return c.ghosts.fails(reaching, ghostNoToken, err)
	}
	switch code := codeOf(err); code {
	case codeUnknownToken, codeMissingToken:
		ctx, cancel := context.WithTimeout(context.Background(), lastWords)
		defer cancel()
		return &bridge.RejectedError{Reason: c.lost(c.api.tokens.end(ctx, isSoft(err))), Err: err}
	case codeLocked:
		c.tellOnce(accountWords[code])
		return &bridge.LaterError{Wait: lockedWait, Err: errors.New(accountWords[code])}
	case codeDeactivated, codeSuspended:
		return &bridge.RejectedError{Reason: accountWords[code], Err: err}
	case codeConsent:
		return &bridge.RejectedError{Reason: consentWords(err) + ", then " + c.anew(""), Err: err}
	}
	return nil
}

// accountReason is what the writer of a message is told that was refused for the account's sake.
func accountReason(err error) string {
	if codeOf(err) == codeConsent {
		return consentWords(err)
	}
	return accountWords[codeOf(err)]
}

// consentWords say where the owner agrees to the homeserver's terms.
func consentWords(err error) string {
	var he mautrix.HTTPError
	if errors.As(err, &he) && he.RespError != nil {
		if page, _ := he.RespError.ExtraData["consent_uri"].(string); fitPage(page) {
			return "the homeserver wants you to agree to its terms first: open " + page
		}
	}
	return "the homeserver wants you to agree to its terms first: sign in there with another Matrix client"
}

// tellOnce tells the owner something that will be tried again, until it has worked.
func (c *Conn) tellOnce(text string) {
	ctx, cancel := context.WithTimeout(context.Background(), lastWords)
	defer cancel()
	told, err := c.login.State.Get(ctx, stateTold)
	if err != nil || string(told) == text || c.login.Say == nil {
		return
	}
	if err := c.login.State.Put(ctx, stateTold, []byte(text)); err != nil {
		c.log.Warn("not stored what the owner was told", slog.Any("error", err))
	}
	c.tell(capital(text) + ".")
}

// untold forgets what tellOnce has said: the login works.
func (c *Conn) untold(ctx context.Context) error {
	told, err := c.login.State.Get(ctx, stateTold)
	if err != nil || told == nil {
		return err
	}
	return c.login.State.Delete(ctx, stateTold)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// lostWords say what has become of a session, by how it was made and how it has ended; those
// without a way of signing in hold for the others.
var lostWords = map[string]string{
	hardEnd:                      "the homeserver no longer accepts this login: it was signed out there, or the password was changed",
	hardEnd + " " + authToken:    "the homeserver no longer accepts the access token: its session was signed out, or has expired",
	softEnd:                      "the homeserver asks you to sign in again; the session and its keys are kept meanwhile",
	softEnd + " " + authPassword: "the homeserver asks for the password again; the session and its keys are kept meanwhile",
	softEnd + " " + authToken:    "the homeserver no longer accepts the access token: it has expired",
}

// againWith is what has to be given to sign in again.
var againWith = map[string]string{authPassword: "password=...", authToken: "token=..."}

// lost says what has become of a session, and what to do.
func (c *Conn) lost(s session) string {
	words := orSo(lostWords[s.Over+" "+s.How], orSo(lostWords[s.Over], lostWords[hardEnd]))
	return words + "; to go on, " + c.anew(againWith[s.How])
}

// anew says how to link the login again, which keeps all that there is of it.
func (c *Conn) anew(with string) string {
	words := []string{"link it again: login " + c.login.Network + " " + keyUser + "=" + c.me}
	for _, key := range slices.Sorted(maps.Keys(c.login.Keys)) {
		if key != keyUser && key != keyAuth {
			words = append(words, key+"="+c.login.Keys[key])
		}
	}
	if with != "" {
		words = append(words, with)
	}
	return strings.Join(words, " ")
}

// refusal makes the error of Connect of what a homeserver answered.
func (c *Conn) refusal(what string, err error) error {
	if rejected := c.rejection(err); rejected != nil {
		return rejected
	}
	reason := fmt.Errorf("%s at %s: %s", what, c.api.client.HomeserverURL.Host, brief(err))
	if c.ghosts != nil && !definite(err) && retryAfter(err) == 0 {
		return c.ghosts.silent(c.ctx, c.api, reason)
	}
	if wait := retryAfter(err); wait > 0 {
		return &bridge.LaterError{Wait: wait, Err: reason}
	}
	return reason
}

// oauthRefusal is refusal for what one may also be refused for good.
func (c *Conn) oauthRefusal(what string, err error) error {
	if !definite(err) || c.rejection(err) != nil {
		return c.refusal(what, err)
	}
	return &bridge.RejectedError{Reason: what + " (" + brief(err) + ")", Err: err}
}

// fitPage tells whether an address of a homeserver can be shown to its user, to be opened.
func fitPage(address string) bool {
	u, err := url.Parse(address)
	return err == nil && len(address) <= 500 && u.Host != "" && u.User == nil &&
		(u.Scheme == "https" || u.Scheme == "http") && cleanName(address) == address && !strings.Contains(address, " ")
}
