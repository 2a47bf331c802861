package irc

import (
	"fmt"
	"strings"
)

// Status implements bridge.Conn: it says what nick and what account the login has,
// and by what certificate the services can know it.
func (c *Conn) Status() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	words := []string{"nick " + c.self.nick}
	if !c.isMe(c.id.nick) {
		words = []string{fmt.Sprintf("nick %s, because %s was not free", c.self.nick, c.id.nick)}
	}
	if c.self.account != "" {
		words = append(words, "account "+c.self.account)
	}
	if c.self.trouble != "" {
		words = append(words, c.self.trouble)
	} else if c.services.telling {
		words = append(words, "not logged in: NickServ has not answered yet")
	}
	if c.id.password != "" && !c.n.config.TLS {
		words = append(words, "the password goes unencrypted")
	}
	if c.id.cert != nil {
		words = append(words, "certificate "+fingerprints(c.id.cert))
	}
	return strings.Join(words, "; ")
}
