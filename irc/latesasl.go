package irc

import "github.com/ergochat/irc-go/ircmsg"

// SASL on a registered connection: a login that could not log in, because the
// services were away, does when they are back (CAP NEW sasl).

// saslIsBack is called when the server offers SASL again.
func (c *Conn) saslIsBack(mechs string) {
	mech := c.id.mechanism()
	if mech != "" && c.self.account == "" && !c.self.denied && offers(mechs, mech) {
		c.requestCap("sasl")
	}
}

// lateSASL follows the server's ACK.
func (c *Conn) lateSASL() {
	if c.id.mechanism() != "" && c.self.account == "" {
		c.self.proving = true
		c.background("AUTHENTICATE", c.id.mechanism())
	}
}

// proveLate is AUTHENTICATE: the server is ready for what lateSASL has begun.
func proveLate(c *Conn, m *ircmsg.Message) {
	if m.Params[0] != "+" || !c.self.proving {
		return
	}
	c.self.proving = false
	for _, chunk := range c.id.saslResponse() {
		c.background("AUTHENTICATE", chunk)
	}
}

// provedLate is numeric 903. Where there is no 900, it says all there is.
func provedLate(c *Conn, _ *ircmsg.Message) {
	if c.self.account == "" && c.id.cert == nil {
		c.self.account, c.self.trouble = c.id.account, ""
	}
	c.identified()
}

// deniedLate is one of the numerics by which SASL fails. It is not tried again on
// this connection.
func deniedLate(c *Conn, m *ircmsg.Message) {
	c.self.proving, c.self.denied = false, true
	c.self.trouble = "not logged in: SASL failed (" + c.id.scrub(last(m)) + ")"
}
