package matrix

import "testing"

// A page that no server would take is not named.
func TestPageOf(t *testing.T) {
	for page, want := range map[string]string{
		"":                                noPage,
		"http://msn.example.org":          noPage,
		"https://192.0.2.7:8443":          noPage,
		"https://[2001:db8::7]":           noPage,
		"https://localhost":               noPage,
		"https://joe@msn.example.org":     noPage,
		"https://msn.example.org:8443/at": "https://msn.example.org:8443/at",
	} {
		if got := pageOf(page); got != want {
			t.Errorf("%q becomes %q", page, got)
		}
	}
}
