package matrix

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"maunium.net/go/mautrix"
)

// statusOf is the HTTP status of an answer that was an error; 0 if there was no answer.
func statusOf(err error) int {
	var he mautrix.HTTPError
	if errors.As(err, &he) && he.Response != nil && he.WrappedError == nil {
		return he.Response.StatusCode
	}
	return 0
}

// codeOf is the Matrix error code ("M_FORBIDDEN"), if there is one.
func codeOf(err error) string {
	var he mautrix.HTTPError
	if errors.As(err, &he) && he.RespError != nil {
		return he.RespError.ErrCode
	}
	return ""
}

// definite tells whether the homeserver has decided against a request; else it may work later.
func definite(err error) bool {
	switch status := statusOf(err); status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	default:
		return status >= 300 && status < 500
	}
}

// maxPause bounds how long a homeserver can make us wait.
const maxPause = 5 * time.Minute

// retryAfter is how long the homeserver wants us to wait, if it says so (client-server API, 2.1).
func retryAfter(err error) time.Duration {
	var he mautrix.HTTPError
	if !errors.As(err, &he) || he.Response == nil || he.Response.StatusCode != http.StatusTooManyRequests {
		return 0
	}
	wait := time.Second
	if s, err := strconv.Atoi(he.Response.Header.Get("Retry-After")); err == nil {
		wait = time.Duration(min(s, int(maxPause/time.Second))) * time.Second
	} else if he.RespError != nil {
		if ms, ok := he.RespError.ExtraData["retry_after_ms"].(float64); ok && ms > 0 && ms < 1e9 {
			wait = time.Duration(ms) * time.Millisecond
		}
	}
	return min(max(wait, time.Millisecond), maxPause)
}

// brief says what went wrong without addresses and repeated words.
func brief(err error) string {
	var (
		he mautrix.HTTPError
		ue *url.Error
	)
	switch {
	case errors.As(err, &ue) && ue.Timeout():
		return "no answer in time"
	case errors.As(err, &ue):
		return cleanLine(ue.Err.Error(), 200)
	case errors.As(err, &he) && he.RespError != nil:
		return cleanLine(he.RespError.ErrCode+" "+he.RespError.Err, 200)
	case errors.As(err, &he) && he.Response != nil:
		return "HTTP " + strconv.Itoa(he.Response.StatusCode)
	}
	return cleanLine(err.Error(), 200)
}

// pause waits for d, or returns why ctx has ended.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// final marks an error that try must not try again.
type final struct{ error }

func (f final) Unwrap() error { return f.error }

// try calls f until it succeeds, is decided against, or ctx ends.
func (a *api) try(ctx context.Context, f func() error) error {
	for wait := a.times.Retry; ; wait = a.longer(wait) {
		err := f()
		var last final
		if errors.As(err, &last) {
			return last.error
		}
		if err == nil || definite(err) || ctx.Err() != nil {
			return err
		}
		if pause(ctx, max(wait, retryAfter(err))) != nil {
			return err
		}
	}
}

// longer is the wait after a wait.
func (a *api) longer(wait time.Duration) time.Duration { return min(2*wait, 15*a.times.Retry) }
