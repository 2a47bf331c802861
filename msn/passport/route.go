package passport

import (
	"context"
	"strings"
)

// A route is what an address leads to.
type route struct {
	method string
	answer func(*Server, context.Context, *inquiry) *answer
}

// routes are the addresses that clients have built in, in lower case and with one
// slash in front: libpurple sends two (doc/protocol, 07 point 13).
var routes = map[string][]route{
	"/rdr/pprdr.asp": {{"GET", (*Server).nexus}},
	"/login2.srf":    {{"GET", (*Server).login}, {"POST", (*Server).login}},
	"/login.srf":     {{"GET", (*Server).login}, {"POST", (*Server).login}},
	"/login":         {{"GET", (*Server).login}, {"POST", (*Server).login}},
	"/md5auth.srf":   {{"GET", (*Server).login}, {"POST", (*Server).login}},
	"/rst.srf":       {{"POST", (*Server).rst}},
	"/rst2.srf":      {{"POST", (*Server).rst2}},
	"/":              {{"GET", (*Server).index}, {"POST", (*Server).root}},
	rootPath:         {{"GET", (*Server).rootCertificate}},
}

// answer answers a request. Who shows a name and password in the header signs in,
// whatever the address: it is the nexus, or a patched client, that has made it up.
func (s *Server) answer(ctx context.Context, q *inquiry) *answer {
	if _, ok := credentials(q.Header.Get("Authorization")); ok {
		return s.login(ctx, q)
	}
	method := q.Method
	if method == "HEAD" {
		method = "GET"
	}
	rs := routes[folded(q.URL.Path)]
	for _, r := range rs {
		if r.method == method {
			return r.answer(s, ctx, q)
		}
	}
	if len(rs) > 0 {
		return page("405 Method Not Allowed", "No", "This cannot be done here.")
	}
	return page("404 Not Found", "Not found", "There is nothing here.")
}

// folded is a path as routes have it.
func folded(path string) string {
	return "/" + strings.ToLower(strings.Trim(path, "/"))
}
