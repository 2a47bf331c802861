package matrix

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/oauth"
)

// An authServer is a homeserver's OAuth 2.0 server (client-server API, 1.15, "OAuth 2.0 API").
type authServer struct {
	oauth.ServerMetadata
	unstable bool // found where MSC2965 had it, so its scopes are those of MSC2967 too
}

// metadataPaths are where a homeserver tells of its OAuth 2.0 server: the specification's, and
// that of MSC2965 before it.
var metadataPaths = []mautrix.ClientURLPath{
	{"v1", "auth_metadata"},
	{"unstable", "org.matrix.msc2965", "auth_metadata"},
}

// authServer asks for the OAuth 2.0 server; nil if the homeserver has none.
func (a *api) authServer(ctx context.Context) (*authServer, error) {
	for i, path := range metadataPaths {
		body, err := a.public(ctx, http.MethodGet, path, nil)
		if err != nil && !definite(err) {
			return nil, err
		}
		if s := a.readMetadata(body, err); s != nil {
			s.unstable = i > 0
			return s, nil
		}
	}
	return a.issuer(ctx)
}

// issuer is the authServer as the first version of MSC2965 had it found: by OpenID Connect discovery.
func (a *api) issuer(ctx context.Context) (*authServer, error) {
	body, err := a.public(ctx, http.MethodGet, mautrix.ClientURLPath{"unstable", "org.matrix.msc2965", "auth_issuer"}, nil)
	if err != nil && !definite(err) {
		return nil, err
	}
	var named struct {
		Issuer string `json:"issuer"`
	}
	if err != nil || !lenient(body, &named) || !a.fitEndpoint(named.Issuer) {
		return nil, nil
	}
	ctx, cancel := a.limited(ctx)
	defer cancel()
	body, err = a.stranger().MakeFullRequest(ctx, mautrix.FullRequest{
		Method: http.MethodGet, URL: strings.TrimRight(named.Issuer, "/") + "/.well-known/openid-configuration",
	})
	if err != nil && !definite(err) {
		return nil, err
	}
	s := a.readMetadata(body, err)
	if s != nil {
		s.unstable = true
	}
	return s, nil
}

// readMetadata is nil if an answer names no server that can be used.
func (a *api) readMetadata(body []byte, err error) *authServer {
	var s authServer
	if err != nil || !lenient(body, &s.ServerMetadata) || !a.fitEndpoint(s.TokenEndpoint) {
		return nil
	}
	for _, optional := range []*string{&s.RegistrationEndpoint, &s.DeviceAuthorizationEndpoint, &s.RevocationEndpoint} {
		if !a.fitEndpoint(*optional) {
			*optional = ""
		}
	}
	return &s
}

// fitEndpoint tells whether we may ask an address that the homeserver has named: it is no worse
// protected than the homeserver itself, and not inside a network that the homeserver is outside of.
func (a *api) fitEndpoint(address string) bool {
	u, err := parseBaseURL(address)
	if err != nil || u.Scheme != "https" && a.client.HomeserverURL.Scheme == "https" {
		return false
	}
	return !inside(u.Hostname()) || inside(a.client.HomeserverURL.Hostname())
}

// inside tells whether a host is written as one of a private network. Names are looked at when they are
// connected to (bearer.elsewhere).
func inside(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && isPrivate(ip) || host == "localhost"
}

// offersDevice tells whether one can sign in from another device.
func (s *authServer) offersDevice() bool {
	return s != nil && s.DeviceAuthorizationEndpoint != "" && s.RegistrationEndpoint != "" &&
		(len(s.GrantTypesSupported) == 0 || slices.Contains(s.GrantTypesSupported, oauth.GrantTypeDeviceCode))
}

// scopes are what we ask to be allowed: all of the client-server API, as this device (client-server
// API, 1.15, "Scope"; MSC2967 before it).
func scopes(device id.DeviceID, unstable bool) oauth.ScopeList {
	if unstable {
		return oauth.ScopeList{
			"urn:matrix:org.matrix.msc2967.client:api:*",
			oauth.Scope("urn:matrix:org.matrix.msc2967.client:device:" + device),
		}
	}
	return oauth.ScopeList{oauth.ScopeClientAPI, oauth.ScopeDevice(device)}
}

// authClient is a client for requests to an OAuth 2.0 server.
func (a *api) authClient(s *authServer) *mautrix.Client {
	client := a.stranger()
	client.OAuthSetServerMetadata(&s.ServerMetadata)
	return client
}

// oauthRefresh renews the access token of a session.
func (a *api) oauthRefresh(ctx context.Context, s session) (next session, err error) {
	server, err := a.authServer(ctx)
	if err != nil {
		return session{}, err
	}
	if server == nil {
		return session{}, errors.New("the homeserver does not say where")
	}
	client := a.authClient(server)
	client.OAuthSetTokens(s.Client, s.Refresh, s.Access, time.Now())
	client.SaveNewToken = func(_ context.Context, refresh, access string, expiry time.Time) error {
		if !fitToken(access) {
			return errNonsense
		}
		next = s.renewed(access, refresh, time.Until(expiry).Round(time.Second))
		return nil
	}
	err = client.OAuthRefreshToken(ctx, 0)
	if err == nil && next.Access == "" {
		err = errNonsense
	}
	return next, err
}

// revoke ends an OAuth 2.0 session, and deletes its device.
func (a *api) revoke(ctx context.Context, s session) error {
	server, err := a.authServer(ctx)
	if err != nil {
		return err
	}
	if server == nil || server.RevocationEndpoint == "" {
		return errors.New("the homeserver has no way to end it")
	}
	client := a.authClient(server)
	client.OAuthSetTokens(s.Client, s.Refresh, s.Access, s.Expires)
	ctx, cancel := a.limited(ctx)
	defer cancel()
	return client.OAuthRevokeToken(ctx)
}
