package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"maunium.net/go/mautrix"

	"msnbridge/bridge"
)

// maxArrivals bounds how often a browser may come back from one sign-in.
const maxArrivals = 20

// An arrival is a browser that has come back, and waits to be told whether the sign-in has worked.
type arrival struct {
	token string
	told  chan error // holds one
}

// ssoLogin signs in by single sign-on in a browser (client-server API, "SSO client
// login/authentication"): the owner opens a short address of ours, and their browser comes back to
// us with a login token, which is good for this login alone.
func (c *Conn) ssoLogin(ctx context.Context) error {
	if c.net.config.Detour == nil {
		return rejected("the homeserver signs in on a web page (single sign-on), for which the gateway's own web pages must be switched on; " +
			"or give a password, or an access token with token=")
	}
	limit, cancel := context.WithTimeoutCause(ctx, c.times.Approve, errTooLate)
	defer cancel()
	arrivals := make(chan arrival)
	short, done, err := c.net.config.Detour.Open(c.login.Account, c.ssoPage, func(serving context.Context, query url.Values) error {
		return arrive(limit, serving, arrivals, query)
	})
	if err != nil {
		return fmt.Errorf("make a page to come back to: %w", err)
	}
	defer func() { cancel(); done() }()
	c.await(fmt.Sprintf("To sign in to Matrix as %s, open %s in a browser, within %s.", c.me, short, inWords(c.times.Approve)))
	return c.receive(ctx, limit, arrivals)
}

// ssoPage is where the homeserver signs its users in, to send them back to back.
func (c *Conn) ssoPage(back string) string {
	return c.api.client.BuildURLWithQuery(mautrix.ClientURLPath{"v3", "login", "sso", "redirect"},
		map[string]string{"redirectUrl": back, "action": "login"})
}

// arrive hands a login token over, and waits for what becomes of it.
func arrive(limit, serving context.Context, arrivals chan<- arrival, query url.Values) error {
	token := query.Get("loginToken")
	if token == "" || len(token) > 16<<10 {
		return errors.New("there was no sign-in; please open the address again that you were given")
	}
	a := arrival{token, make(chan error, 1)}
	select {
	case arrivals <- a:
	case <-limit.Done():
		return errors.New("this sign-in is over; please link the login again")
	case <-serving.Done():
		return serving.Err()
	}
	select {
	case err := <-a.told:
		return err
	case <-serving.Done(): // nobody reads it any more
		return serving.Err()
	}
}

// receive takes browsers that come back until one brings a sign-in of the right user.
func (c *Conn) receive(ctx, limit context.Context, arrivals <-chan arrival) error {
	for range maxArrivals {
		select {
		case a := <-arrivals:
			err := c.redeem(ctx, a.token)
			a.told <- c.onPage(err)
			if err == nil || ctx.Err() != nil {
				return err
			}
		case <-limit.Done():
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return c.tooLate()
		}
	}
	return rejected("the sign-in was tried too often; to try again, " + c.anew(""))
}

// onPage is what the owner reads in the browser.
func (c *Conn) onPage(err error) error {
	if _, ok := errors.AsType[*bridge.RejectedError](err); ok || err == nil {
		return err
	}
	return fmt.Errorf("%w; please open the address again that you were given", err)
}

// redeem makes a session of a login token.
func (c *Conn) redeem(ctx context.Context, token string) error {
	resp, err := c.legacyLogin(ctx, loginRequest{Type: mautrix.AuthTypeToken, Token: token})
	if statusOf(err) == http.StatusForbidden && accountWords[codeOf(err)] == "" {
		return errors.New("the homeserver does not take this sign-in any more")
	}
	if err != nil {
		return c.refusal("sign in", err)
	}
	s := session{How: authSSO, User: c.me, Of: digest(c.login.Secret.Reveal())}
	return c.admit(ctx, s.renewed(resp.Access, resp.Refresh, millis(resp.Expires)), resp)
}
