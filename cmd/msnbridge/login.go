package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"msnbridge/bridge"
)

// loginWait is how long "login add" waits for the network.
const loginWait = 30 * time.Second

type loginAdd struct {
	Handle        string   `arg:"" help:"The account's handle."`
	Network       string   `arg:"" help:"NAME of an [irc.NAME] in the configuration, or matrix."`
	Keys          []string `arg:"" optional:"" name:"key=value" help:"IRC: nick=NICK, and nicks, account, sasl, username, realname, away, modes, regain where needed. Matrix: user=@name:server, homeserver=URL where the server does not say where it is, and rooms=all, favourites or chosen (which rooms are shown). No password is needed where the homeserver has a sign-in on a web page (OAuth 2.0 or single sign-on): you are told which page to open."`
	PasswordStdin bool     `help:"Read the password (IRC: of SASL or NickServ, or with sasl=external a certificate and its key as PEM; Matrix: or with auth=token an access token) from standard input: its first line, or the whole PEM."`
}

func (c *loginAdd) Run(g *globals) error {
	keys, err := parseKeys(c.Keys)
	if err != nil {
		return err
	}
	var secret bridge.Secret
	if c.PasswordStdin {
		if secret, err = readSecret(os.Stdin, keys); err != nil {
			return err
		}
	}
	network := networkName(c.Network)
	return g.act(func(ctx context.Context, h *house) error {
		ghost := h.hasGhost(ctx, c.Handle, network)
		err := h.AddLogin(ctx, c.Handle, network, keys, secret)
		if errors.Is(err, bridge.ErrExists) {
			return fmt.Errorf("%w; remove it first: msnbridge login remove %s %s", err, c.Handle, network)
		}
		if err != nil {
			return err
		}
		if ghost {
			fmt.Printf("the login takes the place of the ghost of %s; its contacts stay, but for rooms\n", printable(c.Handle))
		}
		if !h.running {
			return h.done("login on %s stored; it will be connected when msnbridge runs", network)
		}
		return awaitLogin(ctx, h, c.Handle, network)
	})
}

// readSecret reads the secret of a login: a line, or with sasl=external a PEM text.
func readSecret(f *os.File, keys map[string]string) (bridge.Secret, error) {
	if !strings.EqualFold(keys["sasl"], "external") {
		return readPassword(f)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxPEM+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read the certificate: %w", err)
	case len(text) > maxPEM:
		return "", fmt.Errorf("the certificate is longer than %d bytes", maxPEM)
	case len(bytes.TrimSpace(text)) == 0:
		return "", errors.New("there is no certificate on standard input; leave --password-stdin out to have one made")
	}
	return bridge.Secret(text), nil
}

// maxPEM is the longest certificate with its key that is read, in bytes.
const maxPEM = 32 << 10

// awaitLogin says how a new login fares.
func awaitLogin(ctx context.Context, h *house, handle, network string) error {
	ctx, cancel := context.WithTimeout(ctx, loginWait)
	defer cancel()
	s, err := h.WaitLogin(ctx, handle, network)
	switch {
	case err != nil:
		return fmt.Errorf("stored, but how it fares is unknown: %w", err)
	case s.Connected:
		fmt.Printf("connected to %s%s\n", network, remark(s))
	case s.Awaits:
		fmt.Printf("stored, but not connected yet. %s\n"+
			"The user is told the same in a conversation; msnbridge login list %s says how it fares\n", printable(s.Reason), handle)
	case refused(s):
		return fmt.Errorf("%s refuses the login: %s\nIt is kept, but not tried again. Add it again with what is right, which keeps its contacts,\n"+
			"or remove it with\n  msnbridge login remove %s %[1]s", network, s.Reason, handle)
	default:
		fmt.Printf("stored, but not connected yet: %s; it will be tried again\n", s.Reason)
	}
	return nil
}

// remark is what the network says of a login, in brackets.
func remark(s bridge.LoginStatus) string {
	if s.Remark == "" {
		return ""
	}
	return " (" + printable(s.Remark) + ")"
}

// refused tells whether a login is not tried again until its owner changes it.
func refused(s bridge.LoginStatus) bool {
	return !s.Connected && !s.Awaits && s.Next.IsZero() && !untried(s)
}

// untried tells whether the first attempt is still under way.
func untried(s bridge.LoginStatus) bool { return s.Reason == "not tried yet" }

// networkName takes irc.NAME for NAME.
func networkName(s string) string { return strings.TrimPrefix(s, "irc.") }

func parseKeys(words []string) (map[string]string, error) {
	keys := map[string]string{}
	for _, w := range words {
		k, v, ok := strings.Cut(w, "=")
		if !ok || k == "" {
			return nil, &usageError{fmt.Sprintf("%q is no key=value; write, for example, nick=anna", w)}
		}
		if _, twice := keys[k]; twice {
			return nil, &usageError{fmt.Sprintf("%s is given twice", k)}
		}
		keys[k] = v
	}
	return keys, nil
}

type loginList struct {
	Handle string `arg:"" optional:"" help:"Only those of this account."`
}

func (c *loginList) Run(g *globals) error {
	return g.act(func(ctx context.Context, h *house) error {
		ls, err := h.Logins(ctx, c.Handle)
		if err != nil {
			return ofAccount(c.Handle, err)
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		for _, l := range ls {
			kind := ""
			if l.Lent {
				kind = "ghost, "
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s%s\n", l.Account, l.Network, keyList(l.Keys), kind, printable(h.fare(l)))
		}
		return w.Flush()
	})
}

func keyList(keys map[string]string) string {
	var words []string
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		words = append(words, printable(k+"="+keys[k]))
	}
	if len(words) == 0 {
		return "-"
	}
	return strings.Join(words, " ")
}

// fare says in words how a login fares.
func (h *house) fare(l bridge.LoginStatus) string {
	since := l.Since.Local().Format(time.DateTime)
	switch {
	case !h.config.HasNetwork(l.Network):
		return "off: the network is not in the configuration"
	case !h.running:
		return "msnbridge does not run"
	case l.Connected:
		return "connected since " + since + remark(l)
	case l.Awaits:
		return "waiting for the user: " + l.Reason
	case refused(l):
		return "not connected: " + l.Reason + "; not tried again until it is added again"
	case l.Next.IsZero():
		return "connecting"
	}
	return "not connected since " + since + ": " + l.Reason + "; next try at " + l.Next.Local().Format(time.TimeOnly)
}

type loginRemove struct {
	Handle  string `arg:"" help:"The account's handle."`
	Network string `arg:"" help:"NAME of an [irc.NAME], or matrix."`
}

func (c *loginRemove) Run(g *globals) error {
	return g.act(func(ctx context.Context, h *house) error {
		network := networkName(c.Network)
		ghost := h.hasGhost(ctx, c.Handle, network)
		err := warned(h.RemoveLogin(ctx, c.Handle, network))
		if errors.Is(err, bridge.ErrNotFound) {
			return fmt.Errorf("%w; see msnbridge login list", err)
		}
		if err != nil {
			return err
		}
		switch {
		case ghost:
			return h.done("ghost of %s on %s removed; it comes back when it is needed", c.Handle, network)
		case h.hasGhost(ctx, c.Handle, network):
			return h.done("login of %s on %s removed; a ghost is there instead", c.Handle, network)
		}
		return h.done("login of %s on %s removed", c.Handle, network)
	})
}

// hasGhost tells whether an account has a login on a network that it was lent.
func (h *house) hasGhost(ctx context.Context, handle, network string) bool {
	ls, err := h.Logins(ctx, handle)
	return err == nil && slices.ContainsFunc(ls, func(l bridge.LoginStatus) bool { return l.Network == network && l.Lent })
}

// warned writes what could not be taken back of something that is removed, which is
// no failure.
func warned(err error) error {
	if !errors.Is(err, bridge.ErrLeftBehind) {
		return err
	}
	fmt.Fprintln(os.Stderr, "msnbridge: "+printable(err.Error()))
	return nil
}
