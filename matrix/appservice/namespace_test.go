package appservice

import (
	"regexp"
	"strings"
	"testing"
)

var testSpace = Namespace{Prefix: "_msn_", Server: "example.org"}

func TestNamespace(t *testing.T) {
	for handle, want := range map[string]string{
		"alice@msn.local":   "@_msn_alice_msn.local:example.org",
		"a_b+c@msn.local":   "@_msn_a=5fb=2bc_msn.local:example.org",
		"x=5f@a-b.example":  "@_msn_x=3d5f_a-b.example:example.org",
		"ann.e@x.msn.local": "@_msn_ann.e_x.msn.local:example.org",
	} {
		user, ok := testSpace.UserID(handle)
		if user != want || !ok {
			t.Errorf("UserID(%q) = %q, %v; want %q", handle, user, ok, want)
		}
		back, ok := testSpace.Handle(user)
		if back != handle || !ok {
			t.Errorf("Handle(%q) = %q, %v; want %q", user, back, ok, handle)
		}
		if !regexp.MustCompile(testSpace.Regex()).MatchString(user) {
			t.Errorf("%q is not in %s", user, testSpace.Regex())
		}
	}
}

func TestNamespaceForeign(t *testing.T) {
	for _, user := range []string{
		"", "@alice:example.org", "@_msn_alice_msn.local:example.com", "@_msn_:example.org", "@_msn_alice:example.org",
		"@_msn_Alice_msn.local:example.org", "@_msn_a=5Fb_msn.local:example.org", "@_msn_a=61_msn.local:example.org",
		"@_msn_a_b_c:example.org", "@_msn__msn.local:example.org", "@_msn_a=_msn.local:example.org",
		"@_msn_alice_msn.local:example.org:example.org",
		"@_msn_=41lice_msn.local:example.org", "@_msn_alice_=4dsn.local:example.org",
	} {
		if handle, ok := testSpace.Handle(user); ok {
			t.Errorf("Handle(%q) = %q", user, handle)
		}
	}
	if _, ok := testSpace.UserID(strings.Repeat("_", 100) + "@msn.local"); ok {
		t.Error("a user ID that is too long")
	}
}

func FuzzNamespace(f *testing.F) {
	f.Add("@_msn_alice_msn.local:example.org")
	f.Add("@_msn_a=5fb=_=3:example.org")
	f.Fuzz(func(t *testing.T, user string) {
		if handle, ok := testSpace.Handle(user); ok {
			if again, _ := testSpace.UserID(handle); again != user || !testSpace.Owns(user) {
				t.Errorf("%q, %q", handle, again)
			}
		}
	})
}
