package passport

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// mostBlank is how many empty lines may come before a request.
const mostBlank = 4

// readHead reads a request up to its body. libpurple asks the nexus without an
// HTTP version and without headers (doc/protocol, 07 point 11); there the request
// ends with the line, and nothing else is waited for.
func readHead(r *bufio.Reader) (*http.Request, error) {
	line, err := firstLine(r)
	if err != nil {
		return nil, err
	}
	if q := simple(line); q != nil {
		return q, nil
	}
	q, err := http.ReadRequest(bufio.NewReader(io.MultiReader(bytes.NewReader(line), r)))
	if err != nil && !isLost(err) {
		return nil, errForm
	}
	return q, err
}

// firstLine is the first line that is not empty, with its end.
func firstLine(r *bufio.Reader) ([]byte, error) {
	for range mostBlank {
		line, err := r.ReadBytes('\n')
		if err != nil || len(bytes.TrimSpace(line)) > 0 {
			return line, err
		}
	}
	return nil, errForm
}

// simple is the request of a line that names no version (HTTP/0.9); nil if it is
// none.
func simple(line []byte) *http.Request {
	words := strings.Fields(string(line))
	if len(words) != 2 || words[0] != http.MethodGet {
		return nil
	}
	u, err := url.ParseRequestURI(words[1])
	if err != nil {
		return nil
	}
	return &http.Request{Method: words[0], URL: u, Host: u.Host, Proto: "HTTP/0.9", ProtoMinor: 9, Header: http.Header{}, Body: http.NoBody}
}
