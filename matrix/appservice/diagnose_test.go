package appservice

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"msnbridge/internal/testserver"
)

// TestDiagnose has a real homeserver with a registration that has a mistake, or a configuration with
// one, and looks for the words.
func TestDiagnose(t *testing.T) {
	t.Parallel()
	replace := func(old, new string) func(string) string {
		return func(text string) string { return strings.ReplaceAll(text, old, new) }
	}
	for name, tt := range map[string]struct {
		registration func(string) string // as the homeserver has it
		config       func(*Config)       // as we have it
		key          string              // of the one problem; empty: all is well
		words        []string
	}{
		"right":          {},
		"no as_token":    {registration: replace("as_token: "+testAS, "as_token: another-token-of-ours"), key: "registration", words: []string{"does not know our as_token", "msnbridge registration", "restart"}},
		"wrong hs_token": {registration: replace("hs_token: "+testHS, "hs_token: another-token-of-theirs"), key: "registration", words: []string{"another hs_token", "msnbridge registration"}},
		"wrong url":      {registration: replace("url: http://", "url: http://127.0.0.1:1/"), key: "url", words: []string{"does not come to us", "firewalls"}},
		"wrong domain":   {config: func(c *Config) { c.Server = "example.org" }, key: "domain", words: []string{`"example.org"`, `the homeserver's name is "localhost"`, `domain = "localhost"`}},
		"wrong bot":      {registration: replace("sender_localpart: msnbot", "sender_localpart: othermsn"), key: "bot", words: []string{`"msnbot"`, `bot = "othermsn"`}},
		"no namespace":   {registration: replace("_msn_", "_irc_"), key: "registration", words: []string{"namespace", "^@_msn_.*:localhost$", "missing"}},
		"other prefix":   {config: func(c *Config) { c.Prefix = "_messenger_" }, key: "registration", words: []string{"namespace", "^@_messenger_.*:localhost$"}},
		"another port":   {registration: replace("url: http://127.0.0.1:", "url: http://127.0.0.2:"), key: "url", words: []string{"does not come to us at http://", "msnbridge registration"}},
		"no url":         {registration: replace("url: http://", "url: \"\" # "), key: "url", words: []string{"does not come to us"}},
		"wrong two":      {config: func(c *Config) { c.Bot = "messenger" }, key: "bot", words: []string{`is "messenger"`, "sender_localpart: msnbot"}},
		"no homeserver":  {config: func(c *Config) { c.Homeserver = "http://127.0.0.1:1" }, key: "homeserver", words: []string{"cannot be reached", "start it"}},
		"a web server":   {config: func(c *Config) { c.Homeserver = webServer(t, http.NotFound) }, key: "homeserver", words: []string{"there is no Matrix homeserver at"}},
		"a page":         {config: func(c *Config) { c.Homeserver = webServer(t, sayPage) }, key: "homeserver", words: []string{"there is no Matrix homeserver at"}},
		"other JSON":     {config: func(c *Config) { c.Homeserver = webServer(t, sayJSON) }, key: "homeserver", words: []string{"there is no Matrix homeserver at"}},
		"sent on":        {config: func(c *Config) { c.Homeserver = webServer(t, sendOn) }, key: "homeserver", words: []string{"there is no Matrix homeserver at", "sent on to https://matrix.example"}},
		"proxy alone":    {config: func(c *Config) { c.Homeserver = webServer(t, sayBadGateway) }, key: "homeserver", words: []string{"cannot be reached (502 Bad Gateway)", "start it"}},
		"not trusted":    {config: func(c *Config) { c.Homeserver = secureServer(t) }, key: "homeserver", words: []string{"cannot be trusted", "certificate"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			right := newTestService(t, nil)
			text, err := right.Registration("http://" + ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			registration := string(text)
			if tt.registration != nil {
				registration = tt.registration(registration)
			}
			hs := testserver.Dendrite(t, testserver.DendriteOptions{AppServices: []string{registration}})
			s := newTestService(t, func(c *Config) {
				c.Homeserver, c.URL = hs.BaseURL, "http://"+ln.Addr().String()
				if tt.config != nil {
					tt.config(c)
				}
			})
			checkProblems(t, s.diagnoseOn(ln), tt.key, tt.words)
		})
	}
}

// TestDiagnoseLater has a homeserver whose registration was right and is not any more.
func TestDiagnoseLater(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newTestService(t, nil)
	text, err := s.Registration("http://" + ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	hs := testserver.Dendrite(t, testserver.DendriteOptions{AppServices: []string{string(text)}})
	s.config.Homeserver = hs.BaseURL
	s.Listen(ln, func() {
		for range 2 {
			checkProblems(t, s.Diagnose(t.Context()), "", nil)
		}
		file := filepath.Join(hs.Dir(), "appservice0.yaml")
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "_msn_", "_irc_")), 0o644); err != nil {
			t.Fatal(err)
		}
		hs.Restart(t)
		checkProblems(t, s.Diagnose(t.Context()), "registration", []string{"namespace", "missing"})
		hs.Stop(t)
		checkProblems(t, s.Diagnose(t.Context()), "homeserver", []string{"cannot be reached"})
	})
}

// diagnoseOn is what is found while the homeserver can come to ln, which is closed.
func (s *Service) diagnoseOn(ln net.Listener) (found []Problem) {
	s.Listen(ln, func() { found = s.Diagnose(context.Background()) })
	return found
}

func checkProblems(t *testing.T, found []Problem, key string, words []string) {
	t.Helper()
	if key == "" && len(found) == 0 {
		return
	}
	if len(found) != 1 || found[0].Key != key {
		t.Fatalf("%q, want one of %q", found, key)
	}
	for _, w := range append(words, found[0].Remedy) {
		if !strings.Contains(found[0].String(), w) || w == "" {
			t.Errorf("%q is not in %q", w, found[0])
		}
	}
	for _, secret := range []string{testAS, testHS} {
		if strings.Contains(found[0].String(), secret) {
			t.Errorf("a token is in %q", found[0])
		}
	}
}

const testAS, testHS = "a-token-of-ours", "a-token-of-theirs"

func newTestService(t *testing.T, change func(*Config)) *Service {
	t.Helper()
	c := Config{
		Server: "localhost", Homeserver: "http://127.0.0.1:1", Bot: "msnbot", Prefix: "_msn_",
		ASToken: testAS, HSToken: testHS, Open: noLog,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// webServer is one that is no homeserver.
func webServer(t *testing.T, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func sayPage(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>welcome</html>") }

func sayJSON(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"version":1}`) }

func sayBadGateway(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "<html>", http.StatusBadGateway)
}

func sendOn(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "https://matrix.example"+r.URL.Path, http.StatusMovedPermanently)
}

// secureServer is one whose certificate nobody has signed.
func secureServer(t *testing.T) string {
	s := httptest.NewUnstartedServer(http.HandlerFunc(http.NotFound))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}
