package e2e

import (
	"testing"

	"msnbridge/internal/testserver"
)

// TestNickServ has services without SASL: the password goes to NickServ, over TLS.
func TestNickServ(t *testing.T) {
	t.Parallel()
	s := testserver.InspIRCd(t, testserver.InspIRCdOptions{NoSASL: true})
	s.RegisterAccount(t, "anna", passwordOf("anna"))
	c := ircCase{start(t, ircTLSTable("insp", s.TLSAddr, s.CAFile)), s.Addr, "insp.test", "anna", ""}
	handle := c.d.account("anna")
	c.d.login(handle, "insp", passwordOf("anna"), "nick=anna")
	bob := c.friend(t, "bob")
	bob.awaitAccount("anna", "anna")
	a := c.d.signIn(handle)
	w := a.call(c.handle(bob))
	w.say(words("hello"))
	bob.hear("anna", words("hello"))
}
