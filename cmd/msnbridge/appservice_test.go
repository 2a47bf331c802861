package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gopkg.in/yaml.v3"

	"msnbridge/internal/testserver"
)

// A haunted place is one whose configuration has ghosts.
type haunted struct {
	*place
	url string // where the homeserver is to come
}

func newHaunted(t *testing.T) *haunted {
	t.Helper()
	h := &haunted{newPlace(t, ""), fmt.Sprintf("http://127.0.0.1:%d", testserver.Port(t))}
	h.ghosts(t, "http://127.0.0.1:1", "")
	return h
}

// ghosts writes the configuration anew; more is put at its end.
func (h *haunted) ghosts(t *testing.T, homeserver, more string) {
	t.Helper()
	h.write(t, "config.toml", fmt.Sprintf("data_dir = \"data\"\n[msn]\nlisten = \"127.0.0.1:0\"\n[matrix.appservice]\nlisten = %q\n"+
		"homeserver = %q\ndomain = \"localhost\"\n%s", strings.TrimPrefix(h.url, "http://"), homeserver, more))
}

// dendrite starts a homeserver that has the registration, after change, and names it in the
// configuration.
func (h *haunted) dendrite(t *testing.T, change func(string) string) *testserver.DendriteServer {
	t.Helper()
	text := h.must(t, "", "registration")
	if change != nil {
		text = change(text)
	}
	hs := testserver.Dendrite(t, testserver.DendriteOptions{AppServices: []string{text}})
	h.ghosts(t, hs.BaseURL, "")
	return hs
}

// said waits until the log says something, or has said it.
func said(t *testing.T, s *service, says string) string {
	t.Helper()
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, says) {
			return line
		}
	}
	return s.await(t, says)
}

// registrationFile is a registration as a homeserver reads it.
type registrationFile struct {
	ID         string `yaml:"id"`
	URL        string `yaml:"url"`
	AS         string `yaml:"as_token"`
	HS         string `yaml:"hs_token"`
	Bot        string `yaml:"sender_localpart"`
	Namespaces struct {
		Users []struct {
			Exclusive bool
			Regex     string
		}
	}
}

func readRegistration(t *testing.T, text string) (r registrationFile) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if len(r.AS) < 32 || len(r.HS) < 32 || r.AS == r.HS || len(r.Namespaces.Users) == 0 || !r.Namespaces.Users[0].Exclusive {
		t.Fatalf("%+v", r)
	}
	return r
}

func TestRegistrationCommand(t *testing.T) {
	h := newHaunted(t)
	o := h.do(t, "", "registration")
	first := readRegistration(t, o.out)
	if o.code != 0 || first.URL != h.url || first.Bot != "msnbot" || first.Namespaces.Users[0].Regex != `^@_msn_.*:localhost$` {
		t.Errorf("%+v", first)
	}
	for _, s := range []string{"app_service_config_files", "app_service_api.config_files", "restart", "config check"} {
		if !strings.Contains(o.err, s) {
			t.Errorf("%q is missing in: %s", s, o.err)
		}
	}
	if strings.Contains(o.err, first.AS) || strings.Contains(o.err, first.HS) {
		t.Error("a token is in " + o.err)
	}
	s := h.start(t)
	if again := h.must(t, "", "registration"); again != o.out {
		t.Errorf("while it runs:\n%s", again)
	}
	s.stop(t, syscall.SIGTERM)
	h.ghosts(t, "http://127.0.0.1:1", "url = \"https://msn.example\"\nbot = \"messenger\"\nprefix = \"_m_\"\n")
	r := readRegistration(t, h.must(t, "", "registration"))
	if r.AS != first.AS || r.HS != first.HS || r.URL != "https://msn.example" || r.Bot != "messenger" || r.Namespaces.Users[0].Regex != `^@_m_.*:localhost$` {
		t.Errorf("%+v", r)
	}
}

func TestRegistrationFile(t *testing.T) {
	h := newHaunted(t)
	h.must(t, "", "registration", "--output", "r.yaml")
	path := filepath.Join(h.dir, "r.yaml")
	first, _ := os.ReadFile(path)
	readRegistration(t, string(first))
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	h.must(t, "", "registration", "--output", "r.yaml") // which changes nothing
	h.ghosts(t, "http://127.0.0.1:1", "prefix = \"_messenger_\"\n")
	h.fail(t, 1, []string{"r.yaml", "is there already", "--force"}, "", "registration", "--output", "r.yaml")
	if text, _ := os.ReadFile(path); string(text) != string(first) {
		t.Errorf("it was overwritten: %s", text)
	}
	h.must(t, "", "registration", "--output", "r.yaml", "--force")
	if text, _ := os.ReadFile(path); !strings.Contains(string(text), "_messenger_") {
		t.Errorf("it was not overwritten: %s", text)
	}
	h.fail(t, 1, []string{"missing/r.yaml"}, "", "registration", "--output", "missing/r.yaml")
}

func TestRegistrationMistakes(t *testing.T) {
	h := newHaunted(t)
	h.fail(t, 1, []string{"config.toml", "no registration yet", "msnbridge registration"}, "", "config", "check")
	if _, err := os.Stat(filepath.Join(h.dir, "data")); err == nil {
		t.Error("config check made the data directory")
	}
	h.must(t, "", "registration")
	tokens := filepath.Join("data", "appservice.yaml")
	if err := os.Chmod(filepath.Join(h.dir, tokens), 0o644); err != nil {
		t.Fatal(err)
	}
	h.fail(t, 1, []string{tokens, "open to others", "chmod 600"}, "", "registration")
	h.write(t, tokens, "as_token: x\n")
	for _, command := range [][]string{{"registration"}, {"config", "check"}, {}} {
		h.fail(t, 1, []string{tokens, "damaged"}, "", command...)
	}
	newPlace(t, "").fail(t, 1, []string{"config.toml", "no table [matrix.appservice]", "config.toml.example"}, "", "registration")
}

// The port of the homeserver's visits may be taken.
func TestGhostPortInUse(t *testing.T) {
	h := newHaunted(t)
	ln, err := net.Listen("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	h.dendrite(t, nil)
	h.fail(t, 1, []string{"config.toml", "matrix.appservice.listen", "in use", "choose another"}, "")
	check := []string{"config.toml", "matrix.appservice.listen: ", "in use", "choose another"}
	h.fail(t, 1, check, "", "config", "check")
	with, _ := os.ReadFile(filepath.Join(h.dir, "config.toml"))
	h.write(t, "config.toml", "data_dir = \"data\"\n[msn]\nlisten = \"127.0.0.1:0\"\n")
	h.start(t)
	h.write(t, "config.toml", string(with))
	h.fail(t, 1, append(check, "was started without [matrix.appservice]"), "", "config", "check")
}

func TestConfigCheckAsksHomeserver(t *testing.T) {
	h := newHaunted(t)
	h.must(t, "", "registration")
	h.fail(t, 1, []string{"config.toml", "matrix.appservice.homeserver: ", "cannot be reached", "start it"}, "", "config", "check")
	hs := h.dendrite(t, nil)
	if out := h.must(t, "", "config", "check"); !strings.Contains(out, "config.toml: ok") {
		t.Error(out)
	}
	s := h.start(t)
	said(t, s, "the homeserver has the registration")
	if out := h.must(t, "", "config", "check"); !strings.Contains(out, "config.toml: ok") {
		t.Error(out)
	}
	h.ghosts(t, hs.BaseURL, "prefix = \"_messenger_\"\n")
	h.fail(t, 1, []string{"matrix.appservice: registration", "_messenger_", "missing"}, "", "config", "check")
}

// What only the daemon can know is asked of it.
func TestConfigCheckAsksDaemon(t *testing.T) {
	for name, tt := range map[string]struct {
		old, new string
		says     []string
		logged   string
	}{
		"url":      {"url: http://127.0.0.1:", "url: http://127.0.0.2:", []string{"matrix.appservice.url: ", "does not come to us at http://127.0.0.1:", "msnbridge registration"}, "key=url"},
		"hs_token": {"hs_token: ", "hs_token: X", []string{"matrix.appservice: registration", "another hs_token", "restart"}, "key=registration"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHaunted(t)
			h.dendrite(t, func(text string) string { return strings.Replace(text, tt.old, tt.new, 1) })
			h.fail(t, 1, tt.says, "", "config", "check")
			s := h.start(t)
			said(t, s, "ghosts do not work")
			h.fail(t, 1, tt.says, "", "config", "check")
			if n := strings.Count(s.log.String(), tt.logged); n != 1 {
				t.Errorf("it was logged %d times:\n%s", n, s.log)
			}
		})
	}
}

// MSN users are served while there is no homeserver, which may come later.
func TestStartWithoutHomeserver(t *testing.T) {
	h := newHaunted(t)
	h.must(t, "pw\n", "account", "add", "anna@msn.local", "--password-stdin")
	hs := h.dendrite(t, nil)
	hs.Kill(t)
	s := h.start(t)
	line := said(t, s, "ghosts do not work")
	if !strings.Contains(line, "cannot be reached") || !strings.Contains(line, "start it") {
		t.Error(line)
	}
	if _, err := s.signIn(t, "anna@msn.local", "pw"); err != nil {
		t.Error(err)
	}
	hs.Restart(t)
	said(t, s, "the homeserver has the registration")
	if code := s.stop(t, syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
}
