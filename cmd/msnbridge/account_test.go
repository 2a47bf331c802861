package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"msnbridge/msn/client"
)

func TestAccounts(t *testing.T) {
	both(t, "", func(t *testing.T, p *place) {
		p.must(t, "pässword 1\r\nrest\n", "account", "add", "Anna@MSN.local", "--name", "Anna Ä", "--password-stdin")
		p.must(t, "pw", "account", "add", "--password-stdin", "bob@msn.local")
		if out := p.must(t, "", "account", "list"); !strings.Contains(out, "anna@msn.local") || !strings.Contains(out, "Anna Ä") || !strings.Contains(out, "bob@msn.local") {
			t.Errorf("list:\n%s", out)
		}
		p.fail(t, 1, []string{"anna@msn.local", "exists"}, "x\n", "account", "add", "anna@msn.local", "--password-stdin")
		p.must(t, "other\n", "account", "passwd", "anna@msn.local", "--password-stdin")
		p.must(t, "", "account", "remove", "BOB@msn.local")
		if out := p.must(t, "", "account", "list"); strings.Contains(out, "bob") {
			t.Errorf("bob is still there:\n%s", out)
		}
		p.fail(t, 1, []string{"bob@msn.local", "account list"}, "", "account", "remove", "bob@msn.local")
		p.fail(t, 1, []string{"bob@msn.local", "account list"}, "x\n", "account", "passwd", "bob@msn.local", "--password-stdin")
	})
}

func TestWrongAccounts(t *testing.T) {
	both(t, "", func(t *testing.T, p *place) {
		for handle, says := range map[string][]string{
			"anna":                                  {"anna", "name@msn.local"},
			"anna@other.example":                    {"anna@other.example", "msn.local"},
			"gateway@msn.local":                     {"gateway@msn.local", "reserved"},
			"a b@msn.local":                         {"a b@msn.local"},
			"anna\r\n@msn.local":                    {`\r\n`},
			"anna@msn.local@more":                   {"anna@msn.local@more"},
			strings.Repeat("a", 200) + "@msn.local": {"aaa"},
		} {
			p.fail(t, 1, says, "pw\n", "account", "add", handle, "--password-stdin")
		}
		if out := p.must(t, "", "account", "list"); strings.Contains(out, "anna") {
			t.Errorf("list:\n%s", out)
		}
	})
}

func TestPasswordOnlyWhenAskedFor(t *testing.T) {
	p := newPlace(t, "")
	p.fail(t, 2, []string{"--password-stdin"}, "pw\n", "account", "add", "anna@msn.local")
	p.fail(t, 1, []string{"empty"}, "\npw\n", "account", "add", "anna@msn.local", "--password-stdin")
	p.fail(t, 1, []string{"empty"}, "", "account", "add", "anna@msn.local", "--password-stdin")
	p.fail(t, 1, []string{"longer"}, strings.Repeat("x", 5000), "account", "add", "anna@msn.local", "--password-stdin")
	p.fail(t, 2, []string{"--password-stdin"}, "pw\n", "account", "passwd", "anna@msn.local")
}

func TestChangesHoldInTheRunningDaemon(t *testing.T) {
	p := newPlace(t, "")
	s := p.start(t)
	p.must(t, "one\n", "account", "add", "anna@msn.local", "--password-stdin")
	c, err := s.signIn(t, "anna@msn.local", "one")
	if err != nil {
		t.Fatal(err)
	}
	p.must(t, "two\n", "account", "passwd", "anna@msn.local", "--password-stdin")
	if _, err := s.signIn(t, "anna@msn.local", "one"); client.Code(err) != 911 {
		t.Errorf("the old password: %v", err)
	}
	if err := c.Ping(within(t)); err != nil {
		t.Errorf("the session did not outlive the change: %v", err)
	}
	p.must(t, "", "account", "remove", "anna@msn.local")
	<-c.Done()
	if _, err := s.signIn(t, "anna@msn.local", "two"); client.Code(err) != 911 {
		t.Errorf("a removed account: %v", err)
	}
}

func TestImport(t *testing.T) {
	both(t, "", func(t *testing.T, p *place) {
		p.write(t, "users", "\uFEFF# comment\r\n\r\nAnna@msn.local  s3cret\tAnna of  Here \r\n\n  bob@msn.local pw\n#x y z\n")
		if out := p.must(t, "", "account", "import", "users"); !strings.Contains(out, "2 accounts") {
			t.Error(out)
		}
		out := p.must(t, "", "account", "list")
		if !strings.Contains(out, "anna@msn.local") || !strings.Contains(out, "Anna of  Here") || !strings.Contains(out, "bob@msn.local") {
			t.Errorf("list:\n%s", out)
		}
	})
}

func TestImportIsAllOrNothing(t *testing.T) {
	both(t, "", func(t *testing.T, p *place) {
		p.must(t, "x\n", "account", "add", "there@msn.local", "--password-stdin")
		for text, says := range map[string][]string{
			"a1@msn.local pw\n\na2@msn.local\n":                    {"users:3:", "a2@msn.local", "password"},
			"a1@msn.local pw\nnonsense pw\n":                       {"users:2:", "nonsense"},
			"a1@msn.local pw\na2@other.example pw x\n":             {"users:2:", "other.example"},
			"a1@msn.local pw\nA1@msn.local pw\n":                   {"users:2:", "line 1"},
			"a1@msn.local pw\n#\nThere@msn.local pw\n":             {"users:3:", "exists"},
			"a1@msn.local pw\n" + strings.Repeat("x", 5000) + "\n": {"users:2:", "long"},
			"# nothing\n": {"users", "no account"},
		} {
			p.write(t, "users", text)
			p.fail(t, 1, says, "", "account", "import", "users")
		}
		if out := p.must(t, "", "account", "list"); strings.Contains(out, "a1@") {
			t.Errorf("something was imported:\n%s", out)
		}
		p.fail(t, 1, []string{"no-such-file"}, "", "account", "import", "no-such-file")
	})
}

func TestImportOfMany(t *testing.T) {
	both(t, "", func(t *testing.T, p *place) {
		var b strings.Builder
		for i := range importSize {
			fmt.Fprintf(&b, "user%d@msn.local password%d User number %d\n", i, i, i)
		}
		p.write(t, "users", b.String())
		began := time.Now()
		p.must(t, "", "account", "import", "users")
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("it took %s", took)
		}
		if n := strings.Count(p.must(t, "", "account", "list"), "\n"); n < importSize {
			t.Errorf("%d accounts", n)
		}
	})
}
