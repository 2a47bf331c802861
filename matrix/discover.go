package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"msnbridge/bridge"
)

// stateHomeserver is where the homeserver was found last.
const stateHomeserver = "homeserver"

// maxWellKnown is the longest .well-known file that is read, in bytes.
const maxWellKnown = 64 << 10

// locate finds the login's homeserver: as given, or where it was before if it is still there, or by
// discovery.
func (n *Network) locate(ctx context.Context, login bridge.Login) (*url.URL, error) {
	if n.Lent(login.Keys) {
		return n.ghosts.base()
	}
	if given := login.Keys[keyHomeserver]; given != "" {
		return parseBaseURL(given)
	}
	kept, err := login.State.Get(ctx, stateHomeserver)
	if err != nil {
		return nil, err
	}
	before, wrong := parseBaseURL(string(kept))
	if wrong == nil && n.answers(ctx, before, login) {
		return before, nil
	}
	found, err := n.discover(ctx, serverOf(login.Keys[keyUser]))
	switch {
	case err == nil:
		return found, login.State.Put(ctx, stateHomeserver, []byte(found.String()))
	case wrong == nil:
		return before, nil
	}
	return nil, err
}

// answers tells whether there is a homeserver at base.
func (n *Network) answers(ctx context.Context, base *url.URL, login bridge.Login) bool {
	a, err := n.newAPI(base, login, slog.New(slog.DiscardHandler))
	if err != nil {
		return false
	}
	defer a.hangUp()
	ctx, cancel := context.WithTimeout(ctx, n.config.Times.Request/4)
	defer cancel()
	versions, err := a.client.Versions(ctx)
	return err == nil && versions != nil && len(versions.Versions) > 0
}

// discover asks the server for its homeserver (client-server API, 1.15, "Well-known URIs"): without
// a .well-known file it is the server itself.
func (n *Network) discover(ctx context.Context, server string) (*url.URL, error) {
	ctx, cancel := context.WithTimeout(ctx, n.config.Times.Request/2)
	defer cancel()
	body, err := n.wellKnown(ctx, &url.URL{Scheme: "https", Host: hostOf(server), Path: "/.well-known/matrix/client"})
	if errors.Is(err, errNoWellKnown) {
		return &url.URL{Scheme: "https", Host: server}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot find the homeserver of %s (%s); give it with homeserver=URL", server, brief(err))
	}
	var file struct {
		Homeserver struct {
			BaseURL string `json:"base_url"`
		} `json:"m.homeserver"`
	}
	if !lenient(json.RawMessage(strings.TrimSpace(string(body))), &file) {
		return nil, fmt.Errorf("%s does not say where its homeserver is; give it with homeserver=URL", server)
	}
	base, err := parseBaseURL(strings.TrimRight(file.Homeserver.BaseURL, "/"))
	if err != nil {
		return nil, fmt.Errorf("%s does not say properly where its homeserver is; give it with homeserver=URL", server)
	}
	return base, nil
}

// hostOf is the host of a server name, without the port.
func hostOf(server string) string {
	host := (&url.URL{Host: server}).Hostname()
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// errNoWellKnown is the answer of a server without a .well-known file.
var errNoWellKnown = errors.New("there is none")

func (n *Network) wellKnown(ctx context.Context, at *url.URL) ([]byte, error) {
	transport := n.config.Transport.Clone()
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "msnbridge")
	resp, err := (&http.Client{Transport: transport, CheckRedirect: secureRedirects}).Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusNotFound:
		return nil, errNoWellKnown
	case http.StatusOK:
	default:
		return nil, fmt.Errorf("HTTP %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxWellKnown+1))
	if err == nil && len(body) > maxWellKnown {
		err = fmt.Errorf("the answer is longer than %d bytes", maxWellKnown)
	}
	return body, err
}

// secureRedirects follows a few redirects, and none out of TLS.
func secureRedirects(req *http.Request, via []*http.Request) error {
	if len(via) > 5 || req.URL.Scheme != "https" {
		return errors.New("it leads elsewhere")
	}
	return nil
}
