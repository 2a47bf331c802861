package matrix

import (
	"errors"
	"net/url"
	"strings"
)

// What can be wrong with the name of a room; said to the user.
var (
	errAlias = errors.New("a Matrix room is called #name:server, or !id")
	errLink  = errors.New("the link leads to no Matrix room and to nobody")
)

// maxVia is how many servers to enter a room through are taken along.
const maxVia = 5

// viaMark stands between a room ID and the servers to enter it through, in an Addr that a user has
// named. No room ID has it.
const viaMark = "?via="

// parseReference reads what people write to name somebody or a room: an identifier, a matrix.to
// link, or a matrix URI (Matrix specification, appendices, 5). Servers to enter a room through stay
// behind its ID.
func parseReference(s string) (string, error) {
	s = strings.TrimSpace(s)
	id, query := s, ""
	var ok bool
	switch rest, scheme := cutScheme(s); scheme {
	case "":
		id, query, _ = strings.Cut(s, "?")
		if query != "" && !strings.HasPrefix(id, "!") {
			id, query = s, ""
		}
		ok = true
	case "matrix:":
		id, query, ok = parseURI(rest)
	default:
		id, query, ok = parseLink(rest)
	}
	if !ok {
		return "", errLink
	}
	return checkReference(id, query)
}

func cutScheme(s string) (rest, scheme string) {
	for _, scheme := range []string{"matrix:", "https://matrix.to/#/", "http://matrix.to/#/"} {
		if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return s[len(scheme):], scheme
		}
	}
	return s, ""
}

// parseLink reads what follows "https://matrix.to/#/".
func parseLink(s string) (id, query string, ok bool) {
	path, query, _ := strings.Cut(s, "?")
	path, _, _ = strings.Cut(path, "/") // an event
	id, err := url.PathUnescape(path)
	return id, query, err == nil
}

// uriSigils are what the kinds of a matrix URI stand for.
var uriSigils = map[string]string{"u": "@", "user": "@", "r": "#", "room": "#", "roomid": "!"}

// parseURI reads what follows "matrix:".
func parseURI(s string) (id, query string, ok bool) {
	path, query, _ := strings.Cut(s, "?")
	parts := strings.Split(path, "/")
	if len(parts) < 2 || uriSigils[parts[0]] == "" {
		return "", "", false
	}
	name, err := url.PathUnescape(parts[1])
	return uriSigils[parts[0]] + name, query, err == nil
}

// checkReference checks an identifier, and takes along where to enter.
func checkReference(id, query string) (string, error) {
	if id == "" {
		return "", errNoUserID
	}
	switch id[0] {
	case '#':
		if !validAlias(id) {
			return "", errAlias
		}
	case '!':
		if !validRoom(id) {
			return "", errAlias
		}
		values, _ := url.ParseQuery(query)
		if via := validServers(values["via"]); len(via) > 0 {
			id += viaMark + strings.Join(via, ",")
		}
	default:
		if _, _, err := splitUserID(id); err != nil {
			return "", err
		}
	}
	return id, nil
}

// cutVia takes the servers to enter a room through off an ID.
func cutVia(id string) (room string, via []string) {
	room, servers, found := strings.Cut(id, viaMark)
	if found {
		via = validServers(strings.Split(servers, ","))
	}
	return room, via
}
