package appservice

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
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
		"no homeserver":  {config: func(c *Config) { c.Homeserver = "http://127.0.0.1:1" }, key: "homeserver", words: []string{"cannot be reached", "start it"}},
		"a web server":   {config: func(c *Config) { c.Homeserver = webServer(t) }, key: "homeserver", words: []string{"there is no Matrix homeserver at"}},
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
				c.Homeserver = hs.BaseURL
				if tt.config != nil {
					tt.config(c)
				}
			})
			var found []Problem
			s.Listen(ln, func() { found = s.Diagnose(t.Context()) })
			s.transport.CloseIdleConnections()
			checkProblems(t, found, tt.key, tt.words)
		})
	}
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
func webServer(t *testing.T) string {
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	return s.URL
}
