package matrix

import (
	"context"
	"errors"
	"net/http"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/oauth"
)

// clientURI is the page that a homeserver may show beside our name. There has to be one (client-server
// API, 1.15, "Client metadata"), and nobody can own this.
const clientURI = "https://msnbridge.example/"

// register makes us known to the server, which is done anew for each sign-in.
func (a *api) register(ctx context.Context, s *authServer, name string) (client string, err error) {
	ctx, cancel := a.limited(ctx)
	defer cancel()
	body, err := a.stranger().MakeFullRequest(ctx, mautrix.FullRequest{
		Method: http.MethodPost, URL: s.RegistrationEndpoint,
		RequestJSON: map[string]any{
			"client_name": name, "client_uri": clientURI, "application_type": oauth.ApplicationTypeNative,
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
