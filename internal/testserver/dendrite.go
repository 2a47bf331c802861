package testserver

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"
)

// DendriteOptions are the choices for [Dendrite]. The zero value is a homeserver with presence and
// without application services.
type DendriteOptions struct {
	NoPresence  bool     // presence is accepted and ignored, as on many large servers
	AppServices []string // the registration files' contents (YAML)
}

// A DendriteServer is a running Matrix homeserver without federation and without rate limits. What
// clients have sent survives Kill.
type DendriteServer struct {
	*Server
	BaseURL      string // http://127.0.0.1:port
	ServerName   string // localhost
	SharedSecret string // for registration through the admin interface
}

// Dendrite starts a Dendrite, which "make tools" has built.
func Dendrite(t testing.TB, opts DendriteOptions) *DendriteServer {
	t.Helper()
	program := needTool(t, "dendrite")
	s := &DendriteServer{ServerName: "localhost", SharedSecret: "shared-secret-for-tests"}
	s.Server = newServer(t, "dendrite", nil)
	s.probe = s.serves
	key := s.write(t, "matrix_key.pem", signingKey())
	conf := dendriteConf{DendriteServer: s, Dir: s.dir, Key: key, Presence: !opts.NoPresence}
	for i, yaml := range opts.AppServices {
		conf.AppServices = append(conf.AppServices, s.write(t, "appservice"+strconv.Itoa(i)+".yaml", []byte(yaml)))
	}
	file := s.writeConf(t, "dendrite.yaml", conf)
	s.launch(t, 1, func(ports []int) {
		addr := loopback(ports[0])
		s.BaseURL = "http://" + addr
		s.args = []string{program, "-config", file, "-http-bind-address", addr, "-really-enable-open-registration"}
	})
	return s
}

// CreateUser makes a user, whose password must have eight characters, and signs it in.
func (s *DendriteServer) CreateUser(t testing.TB, name, password string) (userID, accessToken string) {
	t.Helper()
	user, err := s.register(t.Context(), name, password)
	if err != nil {
		t.Fatalf("create user %q: %v", name, err)
	}
	return user.ID, user.Token
}

type registeredUser struct {
	ID    string `json:"user_id"`
	Token string `json:"access_token"`
}

func (s *DendriteServer) register(ctx context.Context, name, password string) (user registeredUser, err error) {
	body, err := json.Marshal(map[string]any{
		"username": name,
		"password": password,
		"auth":     map[string]string{"type": "m.login.dummy"},
	})
	if err != nil {
		return user, err
	}
	answer, err := s.do(ctx, http.MethodPost, "/_matrix/client/v3/register", body)
	if err != nil {
		return user, err
	}
	return user, json.Unmarshal(answer, &user)
}

func (s *DendriteServer) serves(ctx context.Context) error {
	_, err := s.do(ctx, http.MethodGet, "/_matrix/client/versions", nil)
	return err
}

// do makes a request over a connection of its own, so that nothing stays behind.
func (s *DendriteServer) do(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.BaseURL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, answer)
	}
	return answer, err
}

// signingKey makes the file in which Dendrite keeps its ed25519 seed.
func signingKey() []byte {
	seed := make([]byte, 32)
	rand.Read(seed)
	return pem.EncodeToMemory(&pem.Block{
		Type:    "MATRIX PRIVATE KEY",
		Headers: map[string]string{"Key-ID": "ed25519:test1"},
		Bytes:   seed,
	})
}

type dendriteConf struct {
	*DendriteServer
	Dir, Key    string
	Presence    bool
	AppServices []string // files
}
