package matrix

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"maunium.net/go/mautrix/id"
)

// maxID is the length in bytes that no Matrix identifier exceeds (Matrix
// specification, appendices, 4.2).
const maxID = 255

// What can be wrong with an identifier; said to the user.
var (
	errNoUserID  = errors.New("a Matrix ID looks like @name:server")
	errIDTooLong = errors.New("a Matrix ID has at most 255 bytes")
	errLocalPart = errors.New("the name in a Matrix ID is made of visible ASCII characters but the colon")
	errServer    = errors.New("the part after the colon is not a server name")
)

// splitUserID takes a user ID apart and checks it against the grammar, historical characters
// included (Matrix specification, appendices, 4.2.1).
func splitUserID(user string) (local, server string, err error) {
	if len(user) > maxID {
		return "", "", errIDTooLong
	}
	rest, ok := strings.CutPrefix(user, "@")
	local, server, found := strings.Cut(rest, ":")
	switch {
	case !ok || !found || local == "":
		return "", "", errNoUserID
	case strings.IndexFunc(local, notHistorical) >= 0:
		return "", "", errLocalPart
	case !id.ValidateServerName(server):
		return "", "", errServer
	}
	return local, server, nil
}

// notHistorical tells whether r may not stand in the local part of even an old user ID.
func notHistorical(r rune) bool { return r < 0x21 || r > 0x7e || r == ':' }

func validUser(user string) bool {
	_, _, err := splitUserID(user)
	return err == nil
}

func validRoom(room string) bool { return validOpaque(room, '!') }

// validAlias checks a room alias: a name of any characters but the colon, and a server (Matrix
// specification, appendices, 4.2.3).
func validAlias(alias string) bool {
	local, server, found := strings.Cut(alias, ":")
	return found && len(local) > 1 && validOpaque(alias, '#') && id.ValidateServerName(server)
}

// validServers are the first few of the names that can be servers.
func validServers(names []string) []string {
	var servers []string
	for _, s := range names {
		if len(servers) < maxVia && len(s) <= maxID && id.ValidateServerName(s) {
			servers = append(servers, s)
		}
	}
	return servers
}

func validEvent(event string) bool { return validOpaque(event, '$') }

// validOpaque checks an identifier whose inside is the homeserver's own affair, but which we send
// in paths and write to logs.
func validOpaque(s string, sigil byte) bool {
	return len(s) > 1 && len(s) <= maxID && s[0] == sigil && utf8.ValidString(s) &&
		strings.IndexFunc(s, unfitForID) < 0
}

func unfitForID(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }

// serverOf is the server name in a valid user ID.
func serverOf(user string) string {
	_, server, _ := splitUserID(user)
	return server
}
