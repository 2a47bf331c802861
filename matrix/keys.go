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
	keyAuth       = "auth"       // authPassword (the default) or authToken: what the secret is
)

const (
	authPassword = "password"
	authToken    = "token"
)

var knownKeys = []string{keyUser, keyHomeserver, keyAuth, bridge.KeyRooms}

// Check says in plain words what is wrong with the keys of a login: user=@name:server must be
// there, homeserver=URL, auth=token (the secret is an access token) and rooms=all, favourites or
// chosen (which rooms are shown) may be.
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
	if auth := keys[keyAuth]; auth != "" && auth != authPassword && auth != authToken {
		return errors.New("auth: must be password or token")
	}
	if secret.Reveal() == "" {
		return errors.New("a password is missing, or with auth=token an access token")
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
