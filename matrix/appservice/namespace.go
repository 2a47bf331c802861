package appservice

import (
	"encoding/hex"
	"regexp"
	"strings"
)

// maxUserID is the longest user ID, in bytes (Matrix specification 1.15, appendices 3.2.1).
const maxUserID = 255

// A Namespace is the user IDs of ghosts: the ghost of alice@msn.example.org is
// @_msn_alice_msn.example.org:server.
type Namespace struct {
	Prefix string // of local parts
	Server string
}

// UserID is the ghost of an account; false if its ID would be too long.
func (n Namespace) UserID(handle string) (string, bool) {
	local, domain, ok := strings.Cut(handle, "@")
	if !ok || local == "" || domain == "" {
		return "", false
	}
	id := "@" + n.Prefix + escape(local) + "_" + escape(domain) + ":" + n.Server
	return id, len(id) <= maxUserID
}

// Handle is the account whose ghost a user ID is, written as we write it. Each account has one: handles
// are in lower case, and upper case that is written as codes would make others.
func (n Namespace) Handle(user string) (string, bool) {
	rest, ok := strings.CutPrefix(user, "@"+n.Prefix)
	rest, ours := strings.CutSuffix(rest, ":"+n.Server)
	local, domain, two := strings.Cut(rest, "_")
	if !ok || !ours || !two {
		return "", false
	}
	handle := unescape(local) + "@" + unescape(domain)
	again, ok := n.UserID(handle)
	return handle, ok && again == user && !strings.ContainsAny(handle, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
}

// Owns tells whether a user ID lies in the namespace, whether there is an account or not.
func (n Namespace) Owns(user string) bool {
	return strings.HasPrefix(user, "@"+n.Prefix) && strings.HasSuffix(user, ":"+n.Server)
}

// Regex is the namespace as the registration has it.
func (n Namespace) Regex() string {
	return "^@" + regexp.QuoteMeta(n.Prefix) + ".*:" + regexp.QuoteMeta(n.Server) + "$"
}

// escape writes all but a-z, 0-9, . and - as = and two hex digits.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if isPlain(s[i]) {
			b.WriteByte(s[i])
		} else {
			b.WriteString("=" + hex.EncodeToString([]byte{s[i]}))
		}
	}
	return b.String()
}

func isPlain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-'
}

// unescape is the inverse of escape, and lets pass what escape does not write.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '=' && i+2 < len(s) {
			if c, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				b.WriteByte(c[0])
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
