package appservice

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// A handler answers a request of the homeserver: nil stands for 200 and an empty object.
type handler func(r *http.Request) *refusal

// A route is what is asked under one path. The legacy paths are those of homeservers older than
// application service API r0.1.2.
type route struct {
	method string
	paths  []string
	handle handler
}

func (s *Service) routes() []route {
	const base = "/_matrix/app/v1"
	return []route{
		{http.MethodPut, []string{base + "/transactions/{name}", "/transactions/{name}"}, s.takeTransaction},
		{http.MethodGet, []string{base + "/users/{name}", "/users/{name}"}, s.askUser},
		{http.MethodGet, []string{base + "/rooms/{name}", "/rooms/{name}"}, s.askAlias},
		{http.MethodPost, []string{base + "/ping"}, s.takePing},
	}
}

// handler answers all that the homeserver asks.
func (s *Service) handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		for _, path := range r.paths {
			mux.Handle(path, s.guard(r.method, r.handle))
		}
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { answer(w, unrecognized.status, unrecognized) })
	return mux
}

// guard lets only the homeserver through.
func (s *Service) guard(method string, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		no := s.authorize(r)
		s.ear.note(no)
		switch {
		case r.Method != method:
			w.Header().Set("Allow", method)
			no = wrongMethod
		case no == nil:
			prove(r)
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			no = h(r)
		}
		if no != nil {
			answer(w, no.status, no)
			return
		}
		answer(w, http.StatusOK, struct{}{})
	})
}

// authorize compares the token of a request with that of the registration. Old homeservers send it in
// the query alone.
func (s *Service) authorize(r *http.Request) *refusal {
	token := r.URL.Query().Get("access_token")
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, rest, _ := strings.Cut(header, " ")
		if token = strings.TrimSpace(rest); !strings.EqualFold(scheme, "Bearer") {
			return noToken
		}
	}
	if token == "" {
		return noToken
	}
	if !s.isHomeserver(token) {
		return wrongToken
	}
	return nil
}

// isHomeserver compares in a time that says nothing about the right token, not even its length.
func (s *Service) isHomeserver(token string) bool {
	got, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(s.config.HSToken.Reveal()))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}
