package irc

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"msnbridge/bridge"
)

// An identity is a login as this network understands it.
type identity struct {
	nick     string
	username string
	realname string
	account  string        // for SASL PLAIN
	password bridge.Secret // empty: no SASL
}

// A loginKey is one key of a login. check returns the usual form of a value.
type loginKey struct {
	set   func(*identity, string)
	check func(string) (string, error)
}

// loginKeys are the keys that a login may have.
var loginKeys = map[string]loginKey{
	"nick":      {func(id *identity, v string) { id.nick = v }, checkNick},
	"username":  {func(id *identity, v string) { id.username = v }, checkUsername},
	"realname":  {func(id *identity, v string) { id.realname = v }, checkLine(120)},
	"sasl_user": {func(id *identity, v string) { id.account = v }, checkLine(120)},
}

// Check implements bridge.Network. The keys are nick (required), username,
// realname, and sasl_user, which is the account for SASL if that is not called
// like the nick. The secret is its password.
func (n *Network) Check(keys map[string]string, secret bridge.Secret) error {
	if keys["nick"] == "" {
		return errors.New("nick: missing (nick=NAME)")
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		known, ok := loginKeys[key]
		if !ok {
			return fmt.Errorf("%s: no such key; there are %s", key, strings.Join(slices.Sorted(maps.Keys(loginKeys)), ", "))
		}
		value, err := known.check(strings.TrimSpace(keys[key]))
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		keys[key] = value
	}
	return checkSecret(keys, secret)
}

func checkSecret(keys map[string]string, secret bridge.Secret) error {
	switch s := secret.Reveal(); {
	case s == "" && keys["sasl_user"] != "":
		return errors.New("sasl_user: it needs a password")
	case strings.ContainsAny(s, "\r\n\x00"):
		return errors.New("password: it must be one line")
	case len(s) > 300:
		return errors.New("password: longer than 300 bytes")
	}
	return nil
}

// checkNick is stricter than isNick: nearly all servers refuse a digit in front.
func checkNick(v string) (string, error) {
	switch {
	case v == "":
		return "", errors.New("missing")
	case len(v) > maxNick:
		return "", fmt.Errorf("longer than %d bytes", maxNick)
	case isDigit(v[0]) || v[0] == '-':
		return "", fmt.Errorf("%q must not begin with a digit or a hyphen", v)
	case !isNick(v):
		return "", fmt.Errorf("%q has a character that no nick can have (letters, digits and []\\`_^{|}- are fine)", v)
	}
	return v, nil
}

func checkUsername(v string) (string, error) {
	switch {
	case len(v) > 20:
		return "", errors.New("longer than 20 bytes")
	case strings.HasPrefix(v, ":") || strings.ContainsFunc(v, func(r rune) bool { return !isUserRune(r) }):
		return "", fmt.Errorf("%q may only have letters, digits and . _ - ~", v)
	}
	return v, nil
}

func isUserRune(r rune) bool {
	return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-~", r))
}

func checkLine(limit int) func(string) (string, error) {
	return func(v string) (string, error) {
		if strings.ContainsFunc(v, unicode.IsControl) {
			return "", errors.New("it has a control code")
		}
		if len(v) > limit {
			return "", fmt.Errorf("longer than %d bytes", limit)
		}
		return v, nil
	}
}

// identify reads a login, whose keys may be older than today's Check.
func (n *Network) identify(login bridge.Login) (identity, error) {
	keys := maps.Clone(login.Keys)
	if err := n.Check(keys, login.Secret); err != nil {
		return identity{}, &bridge.RejectedError{Reason: err.Error(), Err: err}
	}
	id := identity{password: login.Secret}
	for key, value := range keys {
		loginKeys[key].set(&id, value)
	}
	setDefault(&id.username, usernameFrom(id.nick))
	setDefault(&id.realname, id.nick)
	setDefault(&id.account, id.nick)
	return id, nil
}

// usernameFrom makes the name that a server calls user name or ident, at most 9
// letters and digits, of a nick.
func usernameFrom(nick string) string {
	name := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return -1
	}, lower(nick))
	if name == "" {
		return "user"
	}
	return name[:min(len(name), 9)]
}
