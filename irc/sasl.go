package irc

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ergochat/irc-go/ircmsg"
	"github.com/ergochat/irc-go/ircutils"
)

// SASL (https://ircv3.net/specs/extensions/sasl-3.1 and sasl-3.2), before a
// connection is registered. Later, when the services are back: see latesasl.go.

// mechanism is the one that a login uses, or empty.
func (id *identity) mechanism() string {
	switch {
	case id.cert != nil:
		return "EXTERNAL"
	case id.sasl != "none" && id.password != "":
		return "PLAIN"
	}
	return ""
}

// mayAskNickServ tells whether the password of a login may be given to NickServ.
func (n *Network) mayAskNickServ() bool {
	return n.config.NickServ != "" && (n.config.TLS || n.config.NickServWithoutTLS)
}

// insists tells whether a login must not be connected without its account: there
// is no other way to log in, or none is wanted.
func (c *Conn) insists() bool {
	switch c.id.sasl {
	case "plain":
		return true
	case "external":
		return !c.id.made || c.id.proven
	}
	return c.id.mechanism() != "" && !c.n.mayAskNickServ()
}

// wantsSASL tells whether to ask for SASL, among the capabilities. The error is
// that of a server that has it not, or not as it is needed.
func (r *registration) wantsSASL() (bool, error) {
	mech := r.c.id.mechanism()
	value, offered := r.offered["sasl"]
	switch {
	case mech == "":
		return false, nil
	case offered && offers(value, mech):
		return true, nil
	case r.c.insists():
		return false, r.c.noSASL() // before anybody sees us without the account
	}
	return false, nil
}

// offers reads the value of sasl, which older servers do not give.
func offers(mechs, mech string) bool {
	return mechs == "" || slices.Contains(strings.Split(strings.ToUpper(mechs), ","), mech)
}

// noSASL may pass: networks lose SASL while their services are away.
func (c *Conn) noSASL() error {
	hint := ""
	if c.id.sasl == "" && c.n.config.NickServ != "" {
		hint = "; NickServ would get the password only over TLS, or with nickserv_without_tls"
	}
	return fmt.Errorf("the server does not offer SASL %s now, which the login wants%s", c.id.mechanism(), hint)
}

// beginSASL follows the server's ACK of the capability.
func (r *registration) beginSASL() error { return r.send("AUTHENTICATE", r.c.id.mechanism()) }

// authenticate answers the server's readiness.
func (r *registration) authenticate(m *ircmsg.Message) error {
	if m.Params[0] != "+" || !r.c.caps["sasl"] {
		return nil
	}
	for _, chunk := range r.c.id.saslResponse() {
		if err := r.send("AUTHENTICATE", chunk); err != nil {
			return err
		}
	}
	return nil
}

// saslResponse is what a login says to prove itself: PLAIN is RFC 4616, EXTERNAL
// RFC 4422 appendix A, where the certificate says it all.
func (id *identity) saslResponse() []string {
	var response []byte
	switch {
	case id.cert == nil:
		response = []byte(id.account + "\x00" + id.account + "\x00" + id.password.Reveal())
	case id.named:
		response = []byte(id.account)
	}
	return ircutils.EncodeSASLResponse(response)
}

func (r *registration) authenticated(*ircmsg.Message) error {
	r.secured = true
	if r.c.self.account == "" && r.c.id.cert == nil {
		r.c.self.account = r.c.id.account // the server sends no 900
	}
	return r.send("CAP", "END")
}

// mechanisms is numeric 908: me, mechanisms. 904 follows.
func (r *registration) mechanisms(m *ircmsg.Message) error {
	if !offers(m.Params[1], r.c.id.mechanism()) {
		return rejected(fmt.Sprintf("the network does not offer SASL %s, only %s",
			r.c.id.mechanism(), plain(m.Params[1])), nil)
	}
	return nil
}

// saslFailed is one of the numerics that say so. With a certificate of our making
// that the network has never known, the owner must first be able to tell it.
func (r *registration) saslFailed(m *ircmsg.Message) error {
	c := r.c
	if c.id.made && !c.id.proven {
		c.self.trouble = "not logged in: the services do not know the certificate yet; say to NickServ from a client " +
			"that is logged in: CERT ADD and a fingerprint"
		return r.send("CAP", "END")
	}
	reason := "SASL failed: the network does not accept this account and password"
	if c.id.cert != nil {
		reason = "SASL failed: the network does not know this certificate (" + fingerprints(c.id.cert) + ")"
	}
	if text := c.id.scrub(last(m)); text != "" {
		reason += " (" + text + ")"
	}
	return rejected(reason, nil)
}

func saslAborted(*registration, *ircmsg.Message) error { return errors.New("SASL was aborted") }

// nowLoggedIn is loggedIn on a registered connection.
func nowLoggedIn(c *Conn, m *ircmsg.Message) {
	loggedIn(c, m)
	c.identified()
}

// loggedIn is numeric 900: me, our prefix, account, text. loggedOut is 901.
func loggedIn(c *Conn, m *ircmsg.Message) {
	c.self.account, c.self.trouble = accountName(m.Params[2]), ""
	c.enterAsKnown()
}

func loggedOut(c *Conn, _ *ircmsg.Message) { c.self.account = "" }
