package web

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	mostDetours = 200
	detourTime  = 24 * time.Hour // after which one is forgotten that nobody has ended
)

// A detour is a sign-in under way in a browser.
type detour struct {
	code, token string
	to          string // where the short address leads
	came        func(context.Context, url.Values) error
	until       time.Time

	over    atomic.Bool
	running sync.RWMutex // held to read while came runs
}

// Detours lend addresses to sign-ins that are done in a browser. Its methods may be called from several
// goroutines.
type Detours struct {
	base func(account string) string // what addresses for its owner begin with

	mu     sync.Mutex
	byCode map[string]*detour // those that have not ended
}

// Detours are those that this server serves.
func (s *Server) Detours() *Detours { return &s.detours }

// Open lends a sign-in that is done in a browser an address to begin at, short enough to be typed, and a
// page to come back to. account is whose sign-in it is. to returns where the short address leads, given
// the URL to come back to. came is called with the query of each browser that comes back there, in the
// goroutine that serves it; if it returns nil, the page says that the sign-in has worked, and else the
// error. Both addresses end with the first nil, or with done, which waits for came.
func (ds *Detours) Open(account string, to func(back string) string, came func(context.Context, url.Values) error) (short string, done func(), err error) {
	d := &detour{code: newCode(), token: newToken(), came: came, until: time.Now().Add(detourTime)}
	short = ds.base(account) + "/s/" + d.code
	d.to = to(short + "/" + d.token)
	if err := ds.add(d); err != nil {
		return "", nil, err
	}
	return short, func() { ds.end(d) }, nil
}

func (ds *Detours) add(d *detour) error {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	for code, o := range ds.byCode {
		if time.Now().After(o.until) {
			delete(ds.byCode, code)
		}
	}
	if len(ds.byCode) >= mostDetours {
		return errors.New("too many sign-ins at once; try again later")
	}
	ds.byCode[d.code] = d
	return nil
}

func (ds *Detours) get(code string) *detour {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if d := ds.byCode[code]; d != nil && time.Now().Before(d.until) {
		return d
	}
	return nil
}

// end ends a detour, and waits until came does not run any more.
func (ds *Detours) end(d *detour) {
	ds.forget(d)
	d.over.Store(true)
	d.running.Lock() // no more comes after those who have it now
	defer d.running.Unlock()
}

func (ds *Detours) forget(d *detour) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	delete(ds.byCode, d.code)
}

// codeLetters are hard to mistake for each other; codeLength of them make 50 bits, enough for what lives
// for minutes.
const (
	codeLetters = "abcdefghjkmnpqrstuvwxyz23456789"
	codeLength  = 10
)

func newCode() string {
	const fair = 256 - 256%len(codeLetters) // bytes from here on would favour the first letters
	var code strings.Builder
	for code.Len() < codeLength {
		var b [1]byte
		rand.Read(b[:]) // never fails
		if int(b[0]) < fair {
			code.WriteByte(codeLetters[int(b[0])%len(codeLetters)])
		}
	}
	return code.String()
}

// signIn answers /s/CODE, where a sign-in begins, and /s/CODE/TOKEN, where the browser comes back.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request, rest string) {
	code, token, back := strings.Cut(strings.TrimSuffix(rest, "/"), "/")
	d := s.detours.get(strings.ToLower(code))
	switch {
	case d == nil || back && token != d.token:
		page(w, r, http.StatusNotFound, "Not found", "This sign-in is over, or there never was one. Please link the login again.")
	case !back:
		w.Header().Set("Location", d.to)
		page(w, r, http.StatusFound, "Sign-in", "Your browser should go on by itself to where you sign in.")
	case r.Method == http.MethodHead:
		w.WriteHeader(http.StatusOK)
	default:
		s.comeBack(w, r, d)
	}
}

// comeBack hands what the browser brings to the sign-in.
func (s *Server) comeBack(w http.ResponseWriter, r *http.Request, d *detour) {
	over, err := d.arrive(r)
	switch {
	case over:
		page(w, r, http.StatusNotFound, "Not found", "This sign-in is over.")
	case err != nil:
		page(w, r, http.StatusForbidden, "Not signed in", "That did not work: "+err.Error()+".")
	default:
		d.over.Store(true)
		s.detours.forget(d)
		page(w, r, http.StatusOK, "You are signed in", "You can close this window.")
	}
}

func (d *detour) arrive(r *http.Request) (over bool, err error) {
	d.running.RLock()
	defer d.running.RUnlock()
	if d.over.Load() {
		return true, nil
	}
	return false, d.came(r.Context(), r.URL.Query())
}
