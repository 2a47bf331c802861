package matrix

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"msnbridge/bridge"
)

// The keys of a login.
const (
	keyUser       = "user"       // @name:server
	keyHomeserver = "homeserver" // URL; without it the server's .well-known is asked
	keyAuth       = "auth"       // how to sign in; without it as the secret and the homeserver suggest
)

// The ways to sign in.
const (
	authPassword = "password" // the secret is a password, used once
	authToken    = "token"    // the secret is an access token, of a session that was made elsewhere
	authOAuth    = "oauth"    // approved on another device (OAuth 2.0)
	authSSO      = "sso"      // in a browser (single sign-on)

	// authAppservice is that of a ghost, which the application service speaks for. Only Lend makes
	// such logins.
	authAppservice = "appservice"
)

// needsSecret tells of each way whether a secret belongs to it.
var needsSecret = map[string]bool{authPassword: true, authToken: true, authOAuth: false, authSSO: false}

var knownKeys = []string{keyUser, keyHomeserver, keyAuth, bridge.KeyRooms}

// Check says in plain words what is wrong with the keys of a login: user=@name:server must be
// there; homeserver=URL, auth=password, token, oauth or sso, and rooms=all, favourites or chosen
// (which rooms are shown) may be. Without a secret one signs in as the homeserver has it, on another
// device or in a browser.
func (n *Network) Check(keys map[string]string, secret bridge.Secret) error {
	for key := range keys {
		if !slices.Contains(knownKeys, key) {
			return fmt.Errorf("%s: unknown key; Matrix has %s", key, strings.Join(knownKeys, ", "))
		}
	}
	if err := checkUser(keys); err != nil {
		return err
	}
	if err := checkHomeserver(keys); err != nil {
		return err
	}
	if err := bridge.CheckRooms(keys); err != nil {
		return err
	}
	if n.Lent(keys) {
		return n.checkLent(keys, secret)
	}
	if n.ghosts.owns(keys[keyUser]) {
		return fmt.Errorf("user: %s is one of this service's own", keys[keyUser])
	}
	return checkAuth(keys, secret)
}

func checkAuth(keys map[string]string, secret bridge.Secret) error {
	auth, given := keys[keyAuth]
	if !given {
		return nil
	}
	needs, known := needsSecret[auth]
	switch {
	case !known:
		return errors.New("auth: must be password, token, oauth or sso")
	case needs && secret.Reveal() == "":
		return errors.New("a password is missing, or with auth=token an access token")
	case !needs && secret.Reveal() != "":
		return fmt.Errorf("auth: with %s no password is given", auth)
	}
	return nil
}

func checkUser(keys map[string]string) error {
	user := strings.TrimSpace(keys[keyUser])
	if user == "" {
		return errors.New("user: missing; it is your Matrix ID, as in user=@name:server")
	}
	if _, _, err := splitUserID(user); err != nil {
		return fmt.Errorf("user: %w", err)
	}
	keys[keyUser] = user
	return nil
}

func checkHomeserver(keys map[string]string) error {
	given, there := keys[keyHomeserver]
	if !there {
		return nil
	}
	given = strings.TrimRight(strings.TrimSpace(given), "/")
	if _, err := parseBaseURL(given); err != nil {
		return fmt.Errorf("homeserver: %w", err)
	}
	keys[keyHomeserver] = given
	return nil
}

// parseBaseURL checks where a homeserver is said to be.
func parseBaseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, errors.New("must be a URL that begins with https:// or http://")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("must be a URL without name, password, query and fragment")
	}
	return u, nil
}
