package main

import (
	"strings"
	"testing"

	"msnbridge/msn/client"
)

func TestChatInAScript(t *testing.T) {
	p := newPlace(t, "")
	for _, name := range []string{"anna", "bob"} {
		p.must(t, "pw\n", "account", "add", name+"@msn.local", "--password-stdin")
	}
	s := p.start(t)
	for _, dialect := range client.Dialects {
		t.Run(dialect, func(t *testing.T) { chatWithBob(t, p, s, "--dialect", dialect) })
	}
}

func chatWithBob(t *testing.T, p *place, s *service, flags ...string) {
	bob, err := client.Dial(within(t), client.Options{Server: s.addr, Handle: "bob@msn.local", Password: "pw", Answer: true})
	if err != nil {
		t.Fatal(err)
	}
	defer bob.Close()
	if err := bob.SetState(within(t), client.Away); err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 1)
	go func() { heard <- hear(t, bob) }()
	out := p.must(t, strings.Join([]string{"pw", "/add bob@msn.local", "/chat bob@msn.local", "Hello, Bob", "//help", "/nonsense", "/wait 0.2", "/who", "/remove bob@msn.local"}, "\n"),
		append([]string{"chat", "--server", s.addr, "--password-stdin", "anna@msn.local"}, flags...)...)
	if got := <-heard; got != "Hello, Bob|/help" {
		t.Errorf("bob heard %q", got)
	}
	for _, want := range []string{"as anna@msn.local (anna), " + flags[1], "gateway@msn.local (msnbridge) is online", " is away",
		"you are talking to bob@msn.local", "<bob@msn.local> I hear", "/nonsense", "AL FL"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in:\n%s", want, out)
		}
	}
	if strings.ContainsRune(out, 0x1b) {
		t.Errorf("an escape came through: %q", out)
	}
}

// hear takes two messages of one conversation, and answers each.
func hear(t *testing.T, c *client.Client) string {
	called, err := client.Wait[client.Called](within(t), c.Events(), nil)
	if err != nil || called.Err != nil {
		return "no call"
	}
	var texts []string
	for range 2 {
		m, err := client.Wait[client.Message](within(t), called.Switchboard.Events(), nil)
		if err != nil {
			return err.Error()
		}
		texts = append(texts, m.Text)
		if err := called.Switchboard.SendText(within(t), "I hear \x1b[2J you"); err != nil {
			return err.Error()
		}
	}
	return strings.Join(texts, "|")
}

func TestChatWithWrongPassword(t *testing.T) {
	p := newPlace(t, "")
	p.must(t, "pw\n", "account", "add", "anna@msn.local", "--password-stdin")
	s := p.start(t)
	says := []string{"911", "wrong handle or password"}
	p.fail(t, 1, says, "no\n", "chat", "--server", s.addr, "--password-stdin", "anna@msn.local")
	p.env = []string{passwordVariable + "=no"}
	p.fail(t, 1, says, "", "chat", "--server", s.addr, "anna@msn.local")
	p.env = []string{passwordVariable + "=pw"}
	if out := p.must(t, "/quit\n", "chat", "--server", s.addr, "anna@msn.local"); !strings.Contains(out, "signed in") {
		t.Error(out)
	}
}

func TestChatWithoutServer(t *testing.T) {
	p := newPlace(t, "")
	p.fail(t, 1, []string{"127.0.0.1:1", "refused"}, "no\n", "chat", "--server", "127.0.0.1:1", "--password-stdin", "anna@msn.local")
}
