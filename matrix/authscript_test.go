package matrix

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// An authScript is a homeserver with an authorization server. Its access tokens are A1, A2 and so
// on, its refresh tokens R1, R2. As the specification wants it, tokens hold until newer ones are
// used.
type authScript struct {
	*script
	whose string // whom the tokens belong to

	mu      sync.Mutex // guards the fields below
	polls   []answer   // what the next questions about a code are answered with; then it is granted
	issued  int        // number of the newest tokens
	used    int        // number of the newest that have been used
	life    int        // seconds that an access token lives
	revoked bool
	expired bool // all access tokens that have been issued have expired
	renewed int  // how often tokens were renewed
	broken  answer
}

var pendingAnswer = answer{status: 400, body: `{"error":"authorization_pending"}`}

func newAuthScript(t testing.TB) *authScript {
	a := &authScript{script: newScript(t), whose: "@me:x", life: 300}
	a.on("GET /v1/auth_metadata", func(*http.Request) answer { return ok(a.metadata()) })
	a.on("POST /oauth/register", func(*http.Request) answer { return answer{status: 201, body: `{"client_id":"client-1"}`} })
	a.on("POST /oauth/device", func(*http.Request) answer {
		return ok(fmt.Sprintf(`{"device_code":"dev-code","user_code":"ABCD-EFGH","verification_uri":%q,"expires_in":1200,"interval":1}`, a.server.URL+"/link"))
	})
	a.on("POST /oauth/token", a.token)
	a.on("POST /oauth/revoke", func(r *http.Request) answer {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.revoked = true
		return ok(`{}`)
	})
	a.on("POST /refresh", a.legacyRefresh)
	a.guard = a.check
	return a
}

func (a *authScript) metadata() string {
	base := a.server.URL
	return fmt.Sprintf(`{"issuer":%q,"registration_endpoint":%q,"device_authorization_endpoint":%q,"token_endpoint":%q,"revocation_endpoint":%q,`+
		`"grant_types_supported":["authorization_code","refresh_token","urn:ietf:params:oauth:grant-type:device_code"]}`,
		base+"/", base+"/oauth/register", base+"/oauth/device", base+"/oauth/token", base+"/oauth/revoke")
}

// token answers questions at the token endpoint.
func (a *authScript) token(r *http.Request) answer {
	if r.FormValue("client_id") != "client-1" {
		return answer{status: 401, body: `{"error":"invalid_client"}`}
	}
	if r.FormValue("grant_type") == "refresh_token" {
		return a.refresh(r.FormValue("refresh_token"), `{"access_token":"A%d","refresh_token":"R%d","expires_in":%d,"token_type":"Bearer"}`,
			1, answer{status: 400, body: `{"error":"invalid_grant"}`})
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.FormValue("device_code") != "dev-code" {
		return answer{status: 400, body: `{"error":"invalid_grant"}`}
	}
	if len(a.polls) > 0 {
		next := a.polls[0]
		a.polls = a.polls[1:]
		return next
	}
	a.issue()
	return ok(fmt.Sprintf(`{"access_token":"A%d","refresh_token":"R%[1]d","expires_in":%d,"token_type":"Bearer"}`, a.issued, a.life))
}

func (a *authScript) legacyRefresh(r *http.Request) answer {
	body := a.asked("POST /refresh")
	token := strings.TrimSuffix(strings.TrimPrefix(body[len(body)-1], `{"refresh_token":"`), `"}`)
	return a.refresh(token, `{"access_token":"A%d","refresh_token":"R%d","expires_in_ms":%d}`, 1000,
		answer{status: 401, body: `{"errcode":"M_UNKNOWN_TOKEN","error":"no"}`})
}

func (a *authScript) refresh(token, format string, unit int, unknown answer) answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.broken.status != 0 {
		return a.broken
	}
	if a.revoked || !a.holds(strings.TrimPrefix(token, "R")) {
		return unknown
	}
	a.issue()
	a.renewed++
	return ok(fmt.Sprintf(format, a.issued, a.issued, a.life*unit))
}

// issue makes new tokens; the lock is held, as for holds.
func (a *authScript) issue() { a.issued++; a.expired = false }

// holds tells whether a token has been issued, and no newer one used.
func (a *authScript) holds(number string) bool {
	n, err := strconv.Atoi(number)
	return err == nil && n >= a.used && n <= a.issued
}

// open are the requests that need no access token.
var open = []string{"/_matrix/client/versions", "/auth_metadata", "/oauth/", "/refresh", "/login", "/auth_issuer", "/.well-known"}

// check refuses requests without a good access token, and those with one where none belongs.
func (a *authScript) check(r *http.Request) (answer, bool) {
	given := r.Header.Get("Authorization")
	if slices.ContainsFunc(open, func(part string) bool { return strings.Contains(r.URL.Path, part) }) {
		if given != "" {
			a.t.Errorf("%s has an access token", r.URL.Path)
		}
		return answer{}, false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.revoked:
		return fail(401, "M_UNKNOWN_TOKEN"), true
	case !a.holds(strings.TrimPrefix(given, "Bearer A")) || a.expired:
		return answer{status: 401, body: `{"errcode":"M_UNKNOWN_TOKEN","error":"expired","soft_logout":true}`}, true
	}
	a.used, _ = strconv.Atoi(strings.TrimPrefix(given, "Bearer A"))
	if strings.HasSuffix(r.URL.Path, "/whoami") {
		return ok(fmt.Sprintf(`{"user_id":%q,"device_id":"DEV"}`, a.whose)), true
	}
	return answer{}, false
}

// set changes the server's state.
func (a *authScript) set(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
}

// count returns a number of the server's state.
func (a *authScript) count(n *int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return *n
}

// owner is an account that has given no password.
func (a *authScript) owner() *owner {
	o := a.script.owner()
	delete(o.login.Keys, "auth")
	o.state.secret = ""
	o.times.Second = 10 * time.Millisecond
	o.asked = make(chan string, 10)
	o.login.Await = func(text string) { o.asked <- text }
	o.login.Say = func(text string) { o.asked <- text }
	return o
}

// linked is an owner who has approved the sign-in, with a connection.
func (a *authScript) linked() (*owner, *Conn) {
	o := a.owner()
	return o, o.connect()
}

// legacy makes the session of an owner who was signed in by the legacy API.
func (a *authScript) legacy(how string) *owner {
	o := a.owner()
	a.issued = 1
	s := session{How: how, User: "@me:x", Of: digest("")}.renewed("A1", "R1", 300*time.Second)
	if err := s.keep(a.t.Context(), o.state); err != nil {
		a.t.Fatal(err)
	}
	if err := o.state.Put(a.t.Context(), stateDevice, []byte("DEV")); err != nil {
		a.t.Fatal(err)
	}
	return o
}

// told is what the owner was told next.
func (o *owner) told() string {
	o.t.Helper()
	select {
	case text := <-o.asked:
		return text
	case <-time.After(patience):
		o.t.Fatal("the owner was told nothing")
		return ""
	}
}
