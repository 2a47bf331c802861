package irc

import (
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"msnbridge/bridge"
)

// An identity is a login as this network understands it.
type identity struct {
	nick     string
	others   []string // nicks to be tried when that is in use
	username string
	realname string
	away     string // said in place of the state's name
	modes    string // user modes, asked for after 001
	keepNick bool   // do not have services take the nick back from others

	sasl     string           // plain, external or none; empty: as the server can
	account  string           // of the services
	named    bool             // account was given
	password bridge.Secret    // of the account; empty: none
	cert     *tls.Certificate // for EXTERNAL, or nil
	denied   bool             // NickServ has refused the password
	made     bool             // cert was made by us
	proven   bool             // and the network has known it before
}

// A loginKey is one key of a login. check returns the usual form of a value.
type loginKey struct {
	set   func(*identity, string)
	check func(string) (string, error)
}

// loginKeys are the keys that a login may have.
var loginKeys = map[string]loginKey{
	"nick":      {func(id *identity, v string) { id.nick = v }, checkNick},
	"nicks":     {func(id *identity, v string) { id.others = strings.Split(v, ",") }, checkNicks},
	"username":  {func(id *identity, v string) { id.username = v }, checkUsername},
	"realname":  {func(id *identity, v string) { id.realname = v }, checkLine(120)},
	"away":      {func(id *identity, v string) { id.away = v }, checkLine(200)},
	"modes":     {func(id *identity, v string) { id.modes = v }, checkModes},
	"regain":    {func(id *identity, v string) { id.keepNick = v == "no" }, checkWord("yes", "no")},
	"sasl":      {func(id *identity, v string) { id.sasl = v }, checkWord("plain", "external", "none")},
	"account":   {setAccount, checkAccount},
	"sasl_user": {setAccount, checkAccount}, // the older name of account
}

func setAccount(id *identity, v string) { id.account, id.named = v, v != "" }

// Check implements bridge.Network. The keys are nick (required); nicks, which are
// tried when it is in use, with commas; username; realname; away, said in place of
// a state's name; modes, user modes asked for (+ix); regain, no if services are not
// to take the nick back from somebody else; account (or sasl_user), if that of the
// services is not called like the nick; sasl, which is plain, external or none.
// The secret is the password of the account, or for sasl=external a certificate
// with its key as PEM; without, one is made.
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
	if keys["account"] != "" && keys["sasl_user"] != "" {
		return errors.New("account: it is the same as sasl_user; give one of them")
	}
	return n.checkSecret(keys, secret)
}

func (n *Network) checkSecret(keys map[string]string, secret bridge.Secret) error {
	s := secret.Reveal()
	switch {
	case keys["sasl"] == "external":
		return n.checkCertificate(secret)
	case strings.HasPrefix(s, "-----BEGIN"):
		return errors.New("password: this is a certificate or a key; add sasl=external")
	case s == "" && keys["sasl"] == "plain":
		return errors.New("sasl: plain needs a password")
	case s == "" && keys["sasl_user"] != "":
		return errors.New("sasl_user: it needs a password, or sasl=external")
	case s == "" && keys["account"] != "":
		return errors.New("account: it needs a password, or sasl=external")
	case strings.ContainsAny(s, "\r\n\x00"):
		return errors.New("password: it must be one line")
	case len(s) > 300:
		return errors.New("password: longer than 300 bytes")
	}
	return nil
}

func (n *Network) checkCertificate(secret bridge.Secret) error {
	if !n.config.TLS {
		return fmt.Errorf("sasl: external needs TLS, which irc.%s does not have", n.config.Name)
	}
	if secret == "" {
		return nil
	}
	_, err := readCertificate(secret)
	return err
}

// identify reads a login, whose keys may be older than today's Check.
func (n *Network) identify(login bridge.Login) (identity, error) {
	keys := maps.Clone(login.Keys)
	if err := n.Check(keys, login.Secret); err != nil {
		return identity{}, &bridge.RejectedError{Reason: err.Error(), Err: err}
	}
	var id identity
	for key, value := range keys {
		loginKeys[key].set(&id, value)
	}
	if id.sasl != "external" {
		id.password = login.Secret
	}
	setDefault(&id.username, usernameOf(login.Account, n.config.Home))
	setDefault(&id.realname, id.nick)
	setDefault(&id.account, id.nick)
	return id, nil
}

// scrub takes the password out of what a server says, should it repeat it.
func (id *identity) scrub(text string) string {
	if p := id.password.Reveal(); p != "" {
		return strings.ReplaceAll(text, p, id.password.String())
	}
	return text
}
