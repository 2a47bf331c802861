package matrix

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
)

// A bearer is the transport of an api's requests. Those to the homeserver that have an access token go
// out with the current one, and again with a new one if that has expired meanwhile.
type bearer struct {
	transport *http.Transport
	outside   *http.Transport // to others, if the homeserver is not in the house itself
	tokens    *tokens
	home      *url.URL // the homeserver
}

// RoundTrip implements http.RoundTripper.
func (b *bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	if !sameOrigin(req.URL, b.home) {
		return b.elsewhere(req)
	}
	if req.Header.Get("Authorization") == "" {
		return b.transport.RoundTrip(req)
	}
	token := b.tokens.current(req.Context())
	if token == "" {
		return b.transport.RoundTrip(req) // there is no session yet
	}
	resp, err := b.transport.RoundTrip(with(req, token))
	if err != nil || resp.StatusCode != http.StatusUnauthorized || !refusesToken(resp) {
		return resp, err
	}
	newer, err := b.tokens.renew(req.Context(), token)
	if err != nil {
		resp.Body.Close()
		return nil, err
	}
	again := with(req, newer)
	if newer == token || !rewind(again) {
		return resp, nil
	}
	resp.Body.Close()
	return b.transport.RoundTrip(again)
}

// with is the request with another token.
func with(req *http.Request, token string) *http.Request {
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+token)
	return req
}

// rewind makes the body of a request ready to be sent again, if it can be.
func rewind(req *http.Request) bool {
	if req.Body == nil || req.Body == http.NoBody {
		return true
	}
	if req.GetBody == nil {
		return false
	}
	body, err := req.GetBody()
	req.Body = body
	return err == nil
}

// maxRefusal bounds what is read of an answer to see whether it refuses the token.
const maxRefusal = 64 << 10

// refusesToken tells whether an answer says that the access token is unknown. Its body can still
// be read.
func refusesToken(resp *http.Response) bool {
	head, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	rest := resp.Body
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), rest), rest}
	var refusal struct {
		Code string `json:"errcode"`
	}
	return err == nil && json.Unmarshal(head, &refusal) == nil && refusal.Code == "M_UNKNOWN_TOKEN"
}
