package config

import (
	"net/url"
	"strings"

	"github.com/BurntSushi/toml"
)

// checkSignIn reads the servers whose people may sign in with their Matrix ID: each a name, and
// behind a = where its homeserver is.
func (c *checker) checkSignIn() {
	m := c.Matrix
	if len(m.SignIn) == 0 {
		m.SignIn = nil
		return
	}
	path := toml.Key{"matrix", "sign_in"}
	m.SignInServers = map[string]string{}
	for _, entry := range m.SignIn {
		server, at, located := strings.Cut(entry, "=")
		server = strings.ToLower(server)
		if problem := c.noServer(server); problem != "" {
			c.bad(path, "%q %s", server, problem)
			continue
		}
		if _, twice := m.SignInServers[server]; twice {
			c.bad(path, "%q stands there twice; take one away", server)
		}
		if located && !isHomeserver(at) {
			c.bad(path, "what is behind %s= is no web address; write, for example, %q", server, server+"=https://matrix."+server)
		}
		m.SignInServers[server] = strings.TrimRight(at, "/")
	}
}

// noServer says why people cannot sign in with an ID of a server, or is empty.
func (c *checker) noServer(server string) string {
	switch owner := c.owners()[server]; {
	case server == "*":
		return "is not possible: whoever runs a homeserver could sign in; name those whose people you want here"
	case !isDomain(server):
		return `is no server name without a port, as in "example.org" for @me:example.org`
	case owner != "":
		return "belongs to " + owner + ": handles that end so are not those of Matrix"
	}
	return ""
}

func isHomeserver(at string) bool {
	u, err := url.Parse(at)
	return err == nil && isWebAddress(u) && u.RawQuery == "" && u.Fragment == "" && !strings.ContainsAny(at, " ?#")
}
