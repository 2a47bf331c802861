package matrix

import (
	"context"
	"net"
	"net/http"
	"slices"
	"time"
)

// elsewhere makes a request to another server: one that the homeserver redirects to, or its OAuth 2.0
// server. It gets no token of ours; net/http would let it follow to other ports, and to hosts below the
// homeserver's. Nor is it within the house, unless the homeserver is: which address a name stands for is
// looked at when it is connected to.
func (b *bearer) elsewhere(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Del("Authorization")

	if b.proxied(req) || b.inHouse(req.Context()) {
		return b.transport.RoundTrip(req)
	}
	return b.outside.RoundTrip(req)
}

// proxied tells whether a request goes through a proxy, which decides where it leads.
func (b *bearer) proxied(req *http.Request) bool {
	if b.transport.Proxy == nil {
		return false
	}
	proxy, err := b.transport.Proxy(req)
	return proxy != nil && err == nil
}

// inHouse tells whether the homeserver is at an address that is not public.
func (b *bearer) inHouse(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	at, err := net.DefaultResolver.LookupNetIP(ctx, "ip", b.home.Hostname())
	return err == nil && slices.ContainsFunc(at, isPrivate)
}
