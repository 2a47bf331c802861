package appservice

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A pinging homeserver is one that has the registration, and says what became of a ping.
type pinging struct {
	token  string // that it comes to us with; empty: it does not come
	status int
	answer string
}

// serve answers as Synapse does. at is where the application service listens.
func (p pinging) serve(at string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch path := strings.TrimPrefix(r.URL.Path, "/_matrix/client"); path {
		case "/versions":
			fmt.Fprint(w, `{"versions":["v1.11"]}`)
		case "/v3/account/whoami":
			fmt.Fprint(w, `{"user_id":"@msnbot:localhost"}`)
		case "/v3/register":
			fmt.Fprint(w, `{"user_id":"@_msn_nobody_msn.invalid:localhost"}`)
		case "/v1/appservice/msnbridge-msnbot/ping":
			p.ping(r.Context(), at)
			w.WriteHeader(p.status)
			fmt.Fprint(w, p.answer)
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"errcode":"M_NOT_FOUND","error":"Profile was not found"}`)
		}
	}
}

func (p pinging) ping(ctx context.Context, at string) {
	if p.token == "" {
		return
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+at+"/_matrix/app/v1/ping", strings.NewReader(`{"transaction_id":"x"}`))
	if err != nil {
		return
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	if resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req); err == nil {
		resp.Body.Close()
	}
}

func TestDiagnosePing(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		pinging
		key   string
		words []string
	}{
		"right":         {pinging: pinging{testHS, 200, `{"duration_ms":1}`}},
		"hs_token":      {pinging{"another-token", 502, `{"errcode":"M_BAD_STATUS","error":"x","status":403,"body":"{}"}`}, "registration", []string{"another hs_token"}},
		"no url":        {pinging{"", 400, `{"errcode":"M_URL_NOT_SET","error":"x"}`}, "registration", []string{"without a url"}},
		"refused":       {pinging{"", 502, `{"errcode":"M_CONNECTION_FAILED","error":"Connection\r\nrefused ` + testHS + `"}`}, "url", []string{"at http://", "Connectionrefused TOKEN", "firewalls"}},
		"no answer":     {pinging{"", 504, `{"errcode":"M_CONNECTION_TIMEOUT","error":"it took too long"}`}, "url", []string{"it took too long", "firewalls"}},
		"another there": {pinging{"", 502, `{"errcode":"M_BAD_STATUS","error":"x","status":404,"body":"<html>"}`}, "url", []string{"somebody else answers there"}},
		"polite other":  {pinging{"", 200, `{"duration_ms":1}`}, "url", []string{"somebody else answers there"}},
		"another id":    {pinging{"", 403, `{"errcode":"M_FORBIDDEN","error":"x"}`}, "registration", []string{"by the id msnbridge-msnbot"}},
		"held off":      {pinging{"", 429, `{"errcode":"M_LIMIT_EXCEEDED","error":"not so fast"}`}, "homeserver", []string{"not so fast"}},
		"no pings":      {pinging{"", 404, `{"errcode":"M_UNRECOGNIZED","error":"x"}`}, "url", []string{"asked about a ghost"}},
		"none, comes":   {pinging: pinging{testHS, 404, `{"errcode":"M_UNRECOGNIZED","error":"x"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s := newTestService(t, func(c *Config) {
				c.URL = "http://" + ln.Addr().String()
				c.Homeserver = webServer(t, tt.serve(ln.Addr().String()))
			})
			checkProblems(t, s.diagnoseOn(ln), tt.key, tt.words)
		})
	}
}

// A homeserver that has neither pings nor questions is known to come when it has come with news.
func TestDiagnoseNews(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newTestService(t, nil)
	s.config.Homeserver = webServer(t, pinging{status: http.StatusNotFound}.serve(""))
	s.Listen(ln, func() {
		checkProblems(t, s.Diagnose(t.Context()), "url", []string{"does not come to us"})
		s.ear.note(noToken)
		checkProblems(t, s.Diagnose(t.Context()), "url", []string{"does not come to us"})
		s.ear.note(nil)
		checkProblems(t, s.Diagnose(t.Context()), "", nil)
	})
	checkProblems(t, s.Diagnose(t.Context()), "", nil) // nobody can tell
}

// A homeserver that does not answer is given up.
func TestDiagnoseSilence(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	silent := webServer(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	s := newTestService(t, func(c *Config) { c.Homeserver = silent })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	checkProblems(t, s.Diagnose(ctx), "homeserver", []string{"cannot be reached (no answer in time)"})
}
