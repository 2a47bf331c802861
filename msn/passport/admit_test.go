package passport

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// Who has a password of another network is told in that network's words why it does not
// do, on one line of some length; and gets a ticket if it does.
func TestAdmitted(t *testing.T) {
	r := newRig(t)
	words := "The Matrix account is locked, <ask> its server.\r\nSet-Cookie: a\x00"
	r.net.SetAdmissions(bridgetest.Admissions{
		Admits: func(string) bool { return true },
		Admit: func(_ context.Context, id string, password bridge.Secret, _ bridge.LoginState) (*bridge.Admission, error) {
			switch {
			case strings.HasPrefix(id, "locked@"):
				return nil, &bridge.SignInError{Reason: words + strings.Repeat("x", 5000)}
			case password != secret:
				return nil, bridge.ErrWrongPassword
			}
			return &bridge.Admission{Secret: "token"}, nil
		},
	})
	locked, dave := "locked@out.test", "dave@out.test"
	const want = "The Matrix account is locked, <ask> its server. Set-Cookie: a"
	if got := cbtxt(t, r.askTLS(login(url.QueryEscape(locked), secret))); !strings.HasPrefix(got, want) || len(got) > 300 {
		t.Errorf("%q", got)
	}
	if code, got := fault(t, r.ask(post("/RST.srf", document(locked, secret, msn75...)))); code != "wsse:FailedAuthentication" || !strings.HasPrefix(got, want) {
		t.Errorf("%s %q", code, got)
	}
	if got := cbtxt(t, r.ask(login(url.QueryEscape(dave), "wrong"))); got != string(wrongPassword) {
		t.Errorf("%q", got)
	}
	if got := tokens(t, r.ask(post("/RST.srf", document(dave, secret, msn75...)))); len(got) != len(msn75) {
		t.Errorf("%d tokens", len(got))
	}
	if strings.Contains(r.log.String(), secret) {
		t.Error("the password is in the log")
	}
}
