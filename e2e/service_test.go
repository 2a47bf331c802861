package e2e

import (
	"strings"
	"testing"
)

const gateway = "gateway@" + domain

// ask says something to the service contact and returns the answer.
func (w *window) ask(text string) string {
	w.t.Helper()
	w.say(text)
	return w.hearSome("").Text
}

func (w *window) wantAnswer(text string, want ...string) {
	w.t.Helper()
	answer := w.ask(text)
	for _, s := range want {
		if !strings.Contains(answer, s) {
			w.t.Errorf("%q is answered with %q; %q is missing", text, answer, s)
		}
	}
	if strings.Contains(answer, marker) {
		w.t.Errorf("%q is answered with the secret: %q", text, answer)
	}
}

func TestServiceContact(t *testing.T) {
	t.Parallel()
	insp, hs := inspircd(t), dendrite(t)
	nick := fresh("svnick")
	insp.RegisterAccount(t, nick, passwordOf(nick))
	mx := newMatrixUser(t, hs, "svanna")
	d := start(t, ircTLSTable("insp", insp.TLSAddr, insp.CAFile), matrixTable)
	a := d.signIn(d.account("anna"))
	w := a.call(gateway)
	w.wantAnswer("help", "help", "status", "login", "logout", "whoami")
	w.wantAnswer("whoami", a.Handle())
	w.wantAnswer("status", "no logins")
	w.wantAnswer("login insp nick="+nick+" password="+passwordOf("wrong"), "password")
	w.wantAnswer("logout insp")
	w.wantAnswer("login insp nick="+nick+" password="+passwordOf(nick), "connected")
	w.wantAnswer("login matrix user="+string(mx.UserID)+" homeserver="+hs.BaseURL+" password="+passwordOf(mx.UserID.Localpart()), "connected")
	w.wantAnswer("status", "insp: connected since", "matrix: connected since")
	w.wantAnswer("logout insp", "removed")
	w.wantAnswer("logout matrix", "removed")
	w.wantAnswer("status", "no logins")
	w.wantAnswer(passwordOf("typed by mistake"))
	w.wantAnswer("login nowhere x="+marker, "nowhere")
	w.wantAnswer("login insp " + passwordOf("forgotten"))
	w.wantAnswer("login insp nick=x color=" + marker)
}

func TestServiceStatusOfBrokenLogin(t *testing.T) {
	t.Parallel()
	d := start(t, ircTable("down", "127.0.0.1:1"))
	anna := d.account("anna")
	out := d.must("", "login", "add", anna, "down", "nick=anna")
	if !strings.Contains(out, "not connected yet") {
		t.Errorf("login add: %q", out)
	}
	a := d.signIn(anna)
	w := a.call(gateway)
	w.wantAnswer("status", "down: not connected", "refused", "next try")
	a.callFails("bob@down.test", 217)
}
