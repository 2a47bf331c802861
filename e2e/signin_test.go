package e2e

import (
	"strings"
	"syscall"
	"testing"

	"msnbridge/msn/client"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	d := start(t)
	anna, bob := d.account("anna"), d.account("bob")
	for _, dialect := range client.Dialects {
		t.Run(dialect, func(t *testing.T) {
			a, b := d.as(t).signIn(anna, dialect, "CVR0"), d.as(t).signIn(bob)
			if a.Dialect() != dialect || a.Handle() != anna {
				t.Fatalf("signed in as %s in %s", a.Handle(), a.Dialect())
			}
			if !a.has(client.Forward, "gateway@"+domain) {
				t.Fatalf("no service contact on the lists: %+v", a.roster)
			}
			w, v := a.meet(b)
			w.say(words("hello"))
			v.hear(words("hello"))
			a.Close()
			b.Close()
		})
	}
}

func TestSignInHandleCase(t *testing.T) {
	t.Parallel()
	d := start(t)
	d.account("anna")
	c, err := client.Dial(bounded(t), client.Options{Server: d.addr, Handle: "Anna@" + strings.ToUpper(domain), Password: passwordOf("anna@" + domain)})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	d := start(t)
	d.account("anna")
	for _, handle := range []string{"anna@" + domain, "nobody@" + domain} {
		_, err := client.Dial(bounded(t), client.Options{Server: d.addr, Handle: handle, Password: "wrong"})
		if client.Code(err) != 911 {
			t.Errorf("%s: %v, want 911", handle, err)
		}
	}
}

func TestSignInElsewhere(t *testing.T) {
	t.Parallel()
	d := start(t)
	anna := d.account("anna")
	first := d.signIn(anna)
	d.signIn(anna)
	if out := next[client.SignedOut](first.inbox, nil); out.Reason != "OTH" {
		t.Errorf("signed out with %q, want OTH", out.Reason)
	}
}

func TestShutDown(t *testing.T) {
	t.Parallel()
	d := start(t)
	anna, bob := d.account("anna"), d.account("bob")
	a, b := d.signIn(anna), d.signIn(bob)
	w, _ := a.meet(b)
	d.signal(syscall.SIGTERM)
	if out := next[client.SignedOut](a.inbox, nil); out.Reason != "SSD" {
		t.Errorf("signed out with %q, want SSD", out.Reason)
	}
	system := next[client.ServerMessage](b.inbox, func(m client.ServerMessage) bool {
		kind, _ := m.Message.Type()
		return kind == "application/x-msmsgssystemmessage"
	})
	if !strings.Contains(string(system.Message.Body), "Type: 1") {
		t.Errorf("system message %q", system.Message.Body)
	}
	next[client.SignedOut](b.inbox, nil)
	<-w.Done()
	d.awaitEnd()
}
