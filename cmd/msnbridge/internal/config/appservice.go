package config

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// Appservice is the table [matrix.appservice]: an application service of a homeserver, which gives
// accounts without a Matrix account of their own a ghost there. Its presence turns it on.
type Appservice struct {
	Listen     string   `toml:"listen"`     // host:port where the homeserver reaches us
	URL        string   `toml:"url"`        // the same as the homeserver sees it; empty: http:// and Listen
	Homeserver string   `toml:"homeserver"` // base URL of its client-server API
	Domain     string   `toml:"domain"`     // its name, in which user IDs end
	Bot        string   `toml:"bot"`        // local part of the service's own user
	Prefix     string   `toml:"prefix"`     // that the local parts of ghosts begin with
	Admins     []string `toml:"admins"`     // user IDs of those who may ask for more in the control room
}

func defaultAppservice() *Appservice {
	return &Appservice{Listen: "127.0.0.1:29328", Bot: "msnbot", Prefix: "_msn_"}
}

// checkAppservice checks all but what only the homeserver knows.
func (c *checker) checkAppservice() {
	a := c.Matrix.Appservice
	if a == nil {
		return
	}
	path := toml.Key{"matrix", "appservice"}
	c.address(append(path, "listen"), a.Listen, "127.0.0.1:29328", true)
	c.differs(append(path, "listen"), a.Listen)
	if strings.HasSuffix(a.Listen, ":0") {
		c.bad(append(path, "listen"), "port 0 is another one at each start; name one, for example, %q", "127.0.0.1:29328")
	}
	c.checkPushURL(append(path, "url"), a)
	c.checkHomeserver(append(path, "homeserver"), a)
	c.checkServerName(append(path, "domain"), a)
	c.checkLocalParts(path, a)
	c.checkAdmins(append(path, "admins"), a)
}

// checkPushURL checks where the homeserver is to go.
func (c *checker) checkPushURL(path toml.Key, a *Appservice) {
	const example = "http://127.0.0.1:29328"
	if a.URL == "" {
		a.URL = "http://" + a.Listen
	} else if u, err := url.Parse(a.URL); err != nil || u.Host == "" || u.Hostname() != "" && !isBase(a.URL) {
		c.bad(path, "is no web address; write where the homeserver reaches us, for example, %q", example)
		return
	}
	u, err := url.Parse(a.URL)
	if err != nil {
		return // so listen is no address
	}
	if host := net.ParseIP(u.Hostname()); u.Port() == "0" || u.Hostname() == "" || host != nil && host.IsUnspecified() {
		c.bad(path, "nobody can go to %q; write where the homeserver reaches us, for example, %q", a.URL, example)
	}
	a.URL = strings.TrimRight(a.URL, "/")
}

func (c *checker) checkHomeserver(path toml.Key, a *Appservice) {
	switch {
	case a.Homeserver == "":
		c.bad(path, `is missing; write where the homeserver's clients go: homeserver = "http://127.0.0.1:8008"`)
	case !isBase(a.Homeserver):
		c.bad(path, "is no web address; write where the homeserver's clients go, for example, %q", "http://127.0.0.1:8008")
	}
	a.Homeserver = strings.TrimRight(a.Homeserver, "/")
}

// isBase tells whether at is the base of web addresses. Names in a local network may have underscores,
// as those of containers do.
func isBase(at string) bool { return isHomeserver(strings.ReplaceAll(at, "_", "-")) }

// checkServerName checks what user IDs end in (Matrix specification 1.15, appendices 3.1).
func (c *checker) checkServerName(path toml.Key, a *Appservice) {
	switch {
	case a.Domain == "":
		c.bad(path, `is missing; write what the homeserver's user IDs end in: domain = "example.org"`)
	case !isServerName(strings.ToLower(a.Domain)):
		c.bad(path, "%q is no server name; write what stands behind the colon of a user ID, for example, %q", a.Domain, "example.org")
	}
}

// isServerName tells whether s, in lower case, is a host with or without a port.
func isServerName(s string) bool {
	if host, port, err := net.SplitHostPort(s); err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
		return err == nil && (isDomain(host) || net.ParseIP(host) != nil)
	}
	return isDomain(s) || net.ParseIP(s).To4() != nil || strings.HasPrefix(s, "[") && net.ParseIP(strings.Trim(s, "[]")) != nil
}

// localPart is what stands before the colon of a user ID (Matrix specification 1.15, appendices 3.2.1).
var localPart = regexp.MustCompile(`^[a-z0-9._=/+-]{1,64}$`)

func (c *checker) checkLocalParts(path toml.Key, a *Appservice) {
	bot, prefix := append(slices.Clone(path), "bot"), append(slices.Clone(path), "prefix")
	if !localPart.MatchString(a.Bot) {
		c.bad(bot, "%q is no name for a user; write up to 64 of a-z, 0-9 and ._=/+-, for example, %q", a.Bot, "msnbot")
	}
	switch {
	case !localPart.MatchString(a.Prefix):
		c.bad(prefix, "%q is no beginning of a user's name; write up to 64 of a-z, 0-9 and ._=/+-, for example, %q", a.Prefix, "_msn_")
	case len(a.Prefix) < 3:
		c.bad(prefix, "%q is too short: all users whose names begin so would be ghosts; write, for example, %q", a.Prefix, "_msn_")
	case strings.HasPrefix(a.Bot, a.Prefix):
		c.bad(bot, "%q begins like a ghost (prefix = %q); choose another", a.Bot, a.Prefix)
	}
}

// userID is a user ID of any age (Matrix specification 1.15, appendices 3.2.1).
var userID = regexp.MustCompile(`^@[!-9;-~]+:(\S+)$`)

// checkAdmins checks who may ask for more. The service's own users may not: whoever uses such an account
// could.
func (c *checker) checkAdmins(path toml.Key, a *Appservice) {
	for _, who := range a.Admins {
		switch m := userID.FindStringSubmatch(who); {
		case m == nil || !isServerName(strings.ToLower(m[1])):
			c.bad(path, "%q is no user ID; write, for example, %q", who, "@me:example.org")
		case m[1] == a.Domain && (strings.HasPrefix(who, "@"+a.Prefix) || who == "@"+a.Bot+":"+a.Domain):
			c.bad(path, "%q is one of the service's own users; name a person's, for example, %q", who, "@me:"+a.Domain)
		}
	}
}
