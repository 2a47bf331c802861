package irc

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

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

// mostNicks bounds the alternates of a login.
const mostNicks = 10

func checkNicks(v string) (string, error) {
	var nicks []string
	for nick := range strings.SplitSeq(v, ",") {
		nick, err := checkNick(strings.TrimSpace(nick))
		if err != nil {
			return "", err
		}
		if !slices.Contains(nicks, nick) {
			nicks = append(nicks, nick)
		}
	}
	if len(nicks) > mostNicks {
		return "", fmt.Errorf("more than %d", mostNicks)
	}
	return strings.Join(nicks, ","), nil
}

func checkUsername(v string) (string, error) {
	switch {
	case len(v) > 20:
		return "", errors.New("longer than 20 bytes")
	case strings.ContainsFunc(v, func(r rune) bool { return !isUserRune(r) }):
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

// checkAccount: an account is one word to NickServ.
func checkAccount(v string) (string, error) {
	if strings.Contains(v, " ") {
		return "", fmt.Errorf("%q must be one word", v)
	}
	return checkLine(120)(v)
}

// checkModes wants letters after + or -.
func checkModes(v string) (string, error) {
	letters := strings.Trim(v, "+-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	if v == "" || len(v) > 20 || letters != "" || v[0] != '+' && v[0] != '-' {
		return "", fmt.Errorf("%q are no modes; write, for example, +ix", v)
	}
	return v, nil
}

func checkWord(words ...string) func(string) (string, error) {
	return func(v string) (string, error) {
		v = strings.ToLower(v)
		if !slices.Contains(words, v) {
			return "", fmt.Errorf("%q is none of %s", v, strings.Join(words, ", "))
		}
		return v, nil
	}
}

// maxUser is how long a user name of ours is, which most networks take.
const maxUser = 9

// usernameOf makes the name that a server calls user name or ident of an account:
// letters and digits of its local part. Operators ban by it, so it is always the
// same for one account, and another for each: where the letters do not tell
// accounts apart, a digest does.
func usernameOf(account, home string) string {
	local, domain, _ := strings.Cut(account, "@")
	name := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return -1
	}, lower(local))
	if name != "" && name == lower(local) && len(name) <= maxUser && (domain == home || home == "") {
		return name
	}
	sum := sha256.Sum256([]byte(lower(account)))
	digest := hex.EncodeToString(sum[:])[:4]
	if name == "" {
		name = "user"
	}
	return name[:min(len(name), maxUser-len(digest))] + digest
}
