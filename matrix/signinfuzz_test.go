package matrix

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"msnbridge/bridge"
)

// What an authorization server names is asked, and shown, only if it is an address.
func FuzzAuthServer(f *testing.F) {
	f.Add(`{"token_endpoint":"https://auth.example/token","device_authorization_endpoint":"https://auth.example/device"}`)
	f.Add(`{"token_endpoint":7}`)
	f.Add("https://auth.example/link\r\nMSG")
	n, err := New(Config{})
	if err != nil {
		f.Fatal(err)
	}
	base, err := parseBaseURL("https://hs.example")
	if err != nil {
		f.Fatal(err)
	}
	a, err := n.newAPI(base, bridge.Login{}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if s := a.readMetadata([]byte(text), nil); s != nil {
			for _, endpoint := range []string{s.TokenEndpoint, orSo(s.RegistrationEndpoint, s.TokenEndpoint), orSo(s.DeviceAuthorizationEndpoint, s.TokenEndpoint)} {
				if !strings.HasPrefix(strings.ToLower(endpoint), "https://") {
					t.Errorf("would ask %q", endpoint)
				}
			}
		}
		if fitPage(text) && (strings.ContainsFunc(text, unicode.IsControl) || strings.Contains(text, " ")) {
			t.Errorf("would show %q", text)
		}
		if fitToken(text) && strings.ContainsFunc(text, unicode.IsControl) {
			t.Errorf("would send %q", text)
		}
	})
}

// An answer that is looked into reaches the caller whole.
func FuzzRefusesToken(f *testing.F) {
	f.Add(`{"errcode":"M_UNKNOWN_TOKEN"}`)
	f.Add(strings.Repeat("x", maxRefusal+10))
	f.Fuzz(func(t *testing.T, text string) {
		resp := &http.Response{Body: io.NopCloser(strings.NewReader(text))}
		refusesToken(resp)
		if body, err := io.ReadAll(resp.Body); err != nil || string(body) != text {
			t.Errorf("%d of %d bytes are left, %v", len(body), len(text), err)
		}
	})
}
