package matrix

import (
	"context"
	"net/url"
)

// A Detour lends a sign-in that is done in a browser (SSO) an address to begin at, short enough to
// be typed on a phone, and a page for the browser to come back to.
//
// Open makes both for an account of ours; to returns where the short address leads, given the URL to come back to. came is
// called with the query of each browser that comes back there, in the goroutine that serves it; if
// it returns nil, the page says that the sign-in has worked and that it can be closed, else the
// error, which is in plain words. The URL to come back to cannot be guessed, and both end with the
// first nil, or when done is called, after which came does not run any more.
type Detour interface {
	Open(account string, to func(back string) string, came func(ctx context.Context, query url.Values) error) (short string, done func(), err error)
}
