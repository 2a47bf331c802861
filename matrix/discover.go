package matrix

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"maunium.net/go/mautrix"

	"msnbridge/bridge"
)

// stateHomeserver is where the homeserver was found last.
const stateHomeserver = "homeserver"

// locate finds the login's homeserver: as given, or by discovery, or if that does not answer now
// where it was before.
func (n *Network) locate(ctx context.Context, login bridge.Login) (*url.URL, error) {
	if given := login.Keys[keyHomeserver]; given != "" {
		return parseBaseURL(given)
	}
	found, err := n.discover(ctx, serverOf(login.Keys[keyUser]))
	if err == nil {
		return found, login.State.Put(ctx, stateHomeserver, []byte(found.String()))
	}
	if before, _ := login.State.Get(ctx, stateHomeserver); len(before) > 0 {
		return parseBaseURL(string(before))
	}
	return nil, err
}

// discover asks the server for its homeserver (client-server API, 4.1 of version 1.2: without a
// .well-known file it is the server itself; one that makes no sense is an error).
func (n *Network) discover(ctx context.Context, server string) (*url.URL, error) {
	ctx, cancel := context.WithTimeout(ctx, n.config.Times.Request/2)
	defer cancel()
	transport := n.config.Transport.Clone()
	defer transport.CloseIdleConnections()
	wellKnown, err := mautrix.DiscoverClientAPIWithClient(ctx, &http.Client{Transport: transport}, server)
	if err != nil {
		return nil, fmt.Errorf("cannot find the homeserver of %s (%s); give it with homeserver=URL", server, brief(err))
	}
	if wellKnown == nil {
		return &url.URL{Scheme: "https", Host: server}, nil
	}
	base, err := parseBaseURL(strings.TrimRight(wellKnown.Homeserver.BaseURL, "/"))
	if err != nil {
		return nil, fmt.Errorf("%s does not say properly where its homeserver is; give it with homeserver=URL", server)
	}
	return base, nil
}
