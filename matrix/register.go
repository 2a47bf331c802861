package matrix

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/oauth"
)

// noPage is named as our page where Config.Page is not set, as there has to be one. Nobody can own it.
const noPage = "https://msnbridge.example/"

// pageOf is what is named as our page: servers take none that is not safe, or that has no name
// (matrix-authentication-service refuses both).
func pageOf(page string) string {
	u, err := url.Parse(page)
	if err != nil || u.Scheme != "https" || !strings.Contains(u.Hostname(), ".") || net.ParseIP(u.Hostname()) != nil || u.User != nil {
		return noPage
	}
	return page
}

// register makes us known to the server, which is done anew for each sign-in.
func (a *api) register(ctx context.Context, s *authServer, name, page string) (client string, err error) {
	ctx, cancel := a.limited(ctx)
	defer cancel()
	body, err := a.stranger().MakeFullRequest(ctx, mautrix.FullRequest{
		Method: http.MethodPost, URL: s.RegistrationEndpoint,
		RequestJSON: map[string]any{
			"client_name": name, "client_uri": page, "application_type": oauth.ApplicationTypeNative,
			"grant_types":                []oauth.GrantType{oauth.GrantTypeDeviceCode, oauth.GrantTypeRefreshToken},
			"token_endpoint_auth_method": oauth.AuthMethodNone,
		},
	})
	if err != nil {
		return "", oauthError(body, err)
	}
	var registered struct {
		Client string `json:"client_id"`
	}
	if !lenient(body, &registered) || registered.Client == "" || len(registered.Client) > 1000 {
		return "", errNonsense
	}
	return registered.Client, nil
}

// oauthError adds the code and the words of an OAuth 2.0 error (RFC 6749, 5.2) to an error of a
// request for which mautrix does not know that it is one.
func oauthError(body []byte, err error) error {
	var he mautrix.HTTPError
	var said struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	if errors.As(err, &he) && he.RespError == nil && lenient(body, &said) && said.Code != "" {
		he.RespError = &mautrix.RespError{ErrCode: said.Code, Err: said.Description, OAuth: true}
		return he
	}
	return err
}
