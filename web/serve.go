package web

import (
	"net/http"
	"strings"
	"time"
)

// serve answers a request. Nothing is found but what has an address of its own.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.serving.Add(1)
	defer s.serving.Done()
	headers(w.Header())
	switch {
	case r.ContentLength != 0: // nobody has anything to send us; nor do we wait for it
		_ = http.NewResponseController(w).SetReadDeadline(time.Now())
		w.Header().Set("Connection", "close")
		page(w, r, http.StatusBadRequest, "No", "Nothing can be sent here.")
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		page(w, r, http.StatusMethodNotAllowed, "No", "This can only be read.")
	default:
		s.find(w, r)
	}
}

// routes are what addresses begin with. The handlers get the rest.
var routes = map[string]func(*Server, http.ResponseWriter, *http.Request, string){
	"f": (*Server).file,
	"s": (*Server).signIn,
}

func (s *Server) find(w http.ResponseWriter, r *http.Request) {
	kind, rest, _ := strings.Cut(strings.TrimPrefix(s.under(r.URL.Path), "/"), "/")
	if f, ok := routes[kind]; ok && rest != "" {
		f(s, w, r, rest)
		return
	}
	page(w, r, http.StatusNotFound, "Not found", "There is nothing here.")
}
