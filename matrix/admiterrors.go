package matrix

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"maunium.net/go/mautrix"

	"msnbridge/bridge"
)

// outage is how long nobody signs in with a password of a server that could not be reached.
const outage = 5 * time.Second

// signInWords are what people are told who have the right password.
var signInWords = map[string]string{
	codeDeactivated: "Your Matrix account has been deactivated.",
	codeLocked:      "Your Matrix account has been locked by its homeserver. Please ask those who run it.",
	codeSuspended:   "Your Matrix account has been suspended by its homeserver. Please ask those who run it.",
}

// wrongPassword are the codes of a wrong password that do not come with status 401 or 403.
var wrongPassword = map[string]bool{"M_FORBIDDEN": true, "M_INVALID_USERNAME": true}

// offered is an error unless the homeserver takes passwords.
func (v *visit) offered(ctx context.Context) error {
	limited, cancel := v.api.limited(ctx)
	defer cancel()
	resp, err := v.api.client.GetLoginFlows(limited)
	switch {
	case err != nil && !definite(err) || statusOf(err) == http.StatusTooManyRequests:
		return v.refused(err)
	case err == nil && resp != nil && loginFlows(resp.Flows).has(mautrix.AuthTypePassword):
		return nil
	}
	return &bridge.SignInError{Err: errors.New("no m.login.password"), Reason: v.server +
		" takes no passwords here. Please ask who runs this service for an account, and link it with Matrix (login add)."}
}

// refused makes an error for the person of one of the homeserver's. What the homeserver says in its
// own words is neither shown nor logged: the password may be in it.
func (v *visit) refused(err error) error {
	code, status := codeOf(err), statusOf(err)
	cause := errors.New(bare(err))
	switch {
	case status == http.StatusTooManyRequests:
		return &bridge.LaterError{Wait: retryAfter(err), Err: &bridge.SignInError{Err: cause,
			Reason: v.server + " lets nobody sign in just now: there have been too many attempts. Please try again in some minutes."}}
	case signInWords[code] != "":
		return &bridge.SignInError{Reason: signInWords[code], Err: cause}
	case code == codeConsent:
		return &bridge.SignInError{Reason: capital(consentWords(err)) + ".", Err: cause}
	case status == http.StatusForbidden || status == http.StatusUnauthorized || wrongPassword[code]:
		return bridge.ErrWrongPassword
	case definite(err):
		return &bridge.SignInError{Reason: v.server + " does not let you sign in here. Please ask who runs this service.", Err: cause}
	}
	return v.unreachable(cause)
}

// unreachable is the error of a homeserver that has not decided.
func (v *visit) unreachable(err error) error {
	return &bridge.LaterError{Wait: outage, Err: &bridge.SignInError{Err: errors.New(bare(err)),
		Reason: v.server + " cannot be reached just now. Please try again later."}}
}

var errorCode = regexp.MustCompile(`^M_[A-Z_]{1,50}$`)

// bare is brief without any words of the homeserver's own.
func bare(err error) string {
	var he mautrix.HTTPError
	if !errors.As(err, &he) || he.Response == nil {
		return brief(err)
	}
	text := "HTTP " + strconv.Itoa(he.Response.StatusCode)
	if code := codeOf(err); errorCode.MatchString(code) {
		text += " " + code
	}
	return text
}
