package matrix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"maunium.net/go/mautrix"

	"msnbridge/bridge"
)

// maxHops is how often a homeserver may refer to elsewhere.
const maxHops = 3

// A fileError is why there is no file, in plain words.
type fileError string

func (e fileError) Error() string { return string(e) }

const (
	errRedirect    fileError = "the homeserver refers to where we do not go"
	errPrivate     fileError = "the homeserver refers to an address that is not public"
	errStopped     fileError = "the homeserver does not go on sending it"
	errUnreachable fileError = "it cannot be reached"
	errCrowded     fileError = "too many files are being fetched; please try again later"
	errDamaged     fileError = "it has been damaged on its way, or replaced"
	errNoPlace     fileError = "there is no place to decrypt it"
)

// A mediaError is the answer to a request for a file that does not bring it.
type mediaError struct {
	status int
	code   string // Matrix error code, if there is one
}

func (e *mediaError) Error() string {
	if words, ok := mediaRefusals[e.code]; ok {
		return words
	}
	if e.status == http.StatusTooManyRequests {
		return mediaRefusals["M_LIMIT_EXCEEDED"]
	}
	return fmt.Sprintf("the homeserver answers with error %d", e.status)
}

var mediaRefusals = map[string]string{
	"M_NOT_YET_UPLOADED": "its sender is still uploading it",
	"M_TOO_LARGE":        "it is too large for the homeserver",
	"M_FORBIDDEN":        "the homeserver does not give it to you",
	"M_LIMIT_EXCEEDED":   "the homeserver asks to try again later",
}

// Is tells that a file is not there.
func (e *mediaError) Is(target error) bool {
	return target == bridge.ErrNotFound && (e.status == http.StatusNotFound || e.status == http.StatusGone || e.elder())
}

// elder tells whether it may be that the homeserver does not know the request, because it is older.
func (e *mediaError) elder() bool {
	return e.code == "M_UNRECOGNIZED" || slices.Contains([]int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented}, e.status)
}

// getMedia asks the homeserver for a file: with our token, and where that is not known (before version
// 1.11 of Matrix) as everybody may.
func (c *Conn) getMedia(ctx context.Context, u mediaURI) (*http.Response, error) {
	client := c.api.client
	first := client.BuildURL(mautrix.ClientURLPath{"v1", "media", "download", u.server, u.media})
	resp, err := c.getFrom(ctx, first, client.AccessToken)
	var refused *mediaError
	if errors.As(err, &refused) && refused.elder() {
		second := client.BuildURLWithQuery(mautrix.MediaURLPath{"v3", "download", u.server, u.media}, map[string]string{"allow_redirect": "true"})
		return c.getFrom(ctx, second, "")
	}
	return resp, err
}

// getFrom makes a request at an address, and at those to which it leads.
func (c *Conn) getFrom(ctx context.Context, address, token string) (*http.Response, error) {
	for range maxHops + 1 {
		resp, err := c.askOnce(ctx, address, token)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode == http.StatusOK {
			return resp, nil
		}
		next, err := referral(resp)
		if err != nil {
			return nil, err
		}
		address = next
	}
	return nil, errRedirect
}

// askOnce makes one request. Only the homeserver itself gets the token, and may be anywhere.
func (c *Conn) askOnce(ctx context.Context, address, token string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errRedirect
	}
	req.Header.Set("User-Agent", c.api.client.UserAgent)
	req.Header.Set("Accept-Encoding", "identity") // so that we are told the size
	transport := c.api.client.Client.Transport
	switch {
	case sameOrigin(req.URL, c.api.client.HomeserverURL):
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token) // the transport knows the current one
		}
	case req.URL.Scheme != "https" || req.URL.User != nil:
		return nil, errRedirect
	default:
		transport = c.net.outside
	}
	return transport.RoundTrip(req)
}

// sameOrigin tells whether two addresses are of the same server.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b) && a.User == nil
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" || u.Scheme != "https" {
		return orSo(p, "80")
	}
	return "443"
}

// referral is where an answer leads, which is not the file. It is closed.
func referral(resp *http.Response) (string, error) {
	defer resp.Body.Close()
	if resp.StatusCode >= 300 && resp.StatusCode < 400 && resp.Header.Get("Location") != "" {
		next, err := resp.Location()
		if err != nil {
			return "", errRedirect
		}
		return next.String(), nil
	}
	var refusal struct {
		Code string `json:"errcode"`
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	lenient(body, &refusal)
	return "", &mediaError{resp.StatusCode, refusal.Code}
}
