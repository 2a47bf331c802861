package e2e

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"msnbridge/internal/testserver"
	"msnbridge/msn/client"
)

// wantFailure runs a command that has to fail with this status and say this.
func (d *daemon) wantFailure(stdin string, status int, says string, args ...string) {
	d.t.Helper()
	_, err := d.run(stdin, args...)
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != status || !strings.Contains(err.Error(), says) {
		d.t.Errorf("msnbridge %s: %v; want status %d and %q", strings.Join(args, " "), err, status, says)
	}
}

func TestCommandLineWithoutDaemon(t *testing.T) {
	t.Parallel()
	d := prepare(t, ircTable("ng", ngircd(t).Addr))
	d.must("", "config", "check")
	anna, bob := d.account("anna"), d.account("bob")
	d.must(passwordOf("new")+"\n", "account", "passwd", bob, "--password-stdin")
	d.must("", "login", "add", anna, "ng", "nick=clanna")
	d.must("", "account", "remove", bob)
	if out := d.must("", "account", "list"); !strings.Contains(out, anna) || strings.Contains(out, bob) {
		t.Errorf("accounts: %q", out)
	}
	d.wantFailure("x\n", 1, "there is no account", "account", "passwd", bob, "--password-stdin")
	d.wantFailure("x\n", 1, "exists", "account", "add", anna, "--password-stdin")
	d.wantFailure("x\n", 1, "", "account", "add", "anna@elsewhere.test", "--password-stdin")
	d.wantFailure("", 1, "nick", "login", "add", anna, "ng")
	d.wantFailure("", 2, "--help", "acount")

	d.start()
	clanna := joinIRC(t, ngircd(t).Addr, "clbob")
	eventually(t, "the login of the command line connects", func() bool { return clanna.away("clanna") == "not signed in" })
	if out := d.must("", "login", "list"); !strings.Contains(out, "connected since") {
		t.Errorf("logins: %q", out)
	}
}

func TestCommandLineWithDaemon(t *testing.T) {
	t.Parallel()
	s := ngircd(t)
	d := start(t, ircTable("ng", s.Addr))
	anna := d.account("anna")
	a := d.signIn(anna)
	d.login(anna, "ng", "", "nick=cdanna")
	bob := joinIRC(t, s.Addr, "cdbob")
	a.call("cdbob@ng.test").say(words("hello"))
	bob.hear("cdanna", words("hello"))
	d.must("", "login", "remove", anna, "ng")
	if state := bob.away("cdanna"); state != "(no such nick)" {
		t.Errorf("after login remove: away %q", state)
	}
	a.callFails("cdbob@ng.test", 217)

	d.must(passwordOf("other")+"\n", "account", "passwd", anna, "--password-stdin")
	_, err := client.Dial(bounded(t), client.Options{Server: d.addr, Handle: anna, Password: passwordOf(anna)})
	a.wantCode("the old password", err, 911)

	d.must("", "account", "remove", anna)
	next[client.SignedOut](a.inbox, nil)
	d.wantFailure("", 1, "in use by another", "run")
}

func TestImport(t *testing.T) {
	t.Parallel()
	d := start(t)
	file := filepath.Join(d.dir, "people.txt")
	handles := []string{"p1@" + domain, "p2@" + domain}
	d.write(file, "# people\n"+handles[0]+" "+passwordOf(handles[0])+" Person One\n\n"+handles[1]+"\t"+passwordOf(handles[1])+"\n")
	d.must("", "account", "import", file)
	for _, h := range handles {
		d.signIn(h)
	}
	d.write(file, "p3@"+domain+" x Three\n"+handles[0]+" x\n")
	d.wantFailure("", 1, "people.txt:2", "account", "import", file)
	if out := d.must("", "account", "list"); strings.Contains(out, "p3@") {
		t.Errorf("half of an import was done: %q", out)
	}
}

func TestConfigMistakes(t *testing.T) {
	t.Parallel()
	d := prepare(t, "lisen = \"127.0.0.1:1\"")
	d.wantFailure("", 1, "lisen", "config", "check")
	d.wantFailure("", 1, "lisen")
	d.configure(ircTable("ng", "127.0.0.1:1") + "domain = \"" + domain + "\"\n")
	d.wantFailure("", 1, "domain", "config", "check")
}

// TestFirstStart is what a newcomer does: no configuration, no account, and the password from the
// file that the log names.
func TestFirstStart(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:1863")
	if err != nil {
		testserver.Missing(t, "port 1863", "stop what listens there")
	}
	ln.Close()
	d := prepare(t)
	d.config = ""
	d.start()
	m, err := d.log.await(bounded(t), 0, regexp.MustCompile(`first account.* path=(\S+)`))
	if err != nil {
		t.Fatal(err)
	}
	path := m[1] // absolute, or where it runs
	if !filepath.IsAbs(path) {
		path = filepath.Join(d.dir, path)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode of %s: %v", path, info.Mode())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	password := regexp.MustCompile(`password:\s+(\S+)`).FindSubmatch(text)
	if password == nil {
		t.Fatalf("no password in %q", text)
	}
	d.hush(string(password[1]))
	if d.addr != "127.0.0.1:1863" {
		t.Errorf("serves at %s", d.addr)
	}
	c, err := client.Dial(bounded(t), client.Options{Server: "127.0.0.1", Handle: "me@msn.local", Password: string(password[1])})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if out := d.must("", "login", "list"); out != "" {
		t.Errorf("logins: %q", out)
	}
	d.stop()
	from := d.log.len()
	d.start() // a second time no account is made
	d.stop()
	if text, _ := d.log.since(from); strings.Contains(string(text), "first account") {
		t.Error("a second first account")
	}
}

func TestDispatch(t *testing.T) {
	t.Parallel()
	d := start(t, `dispatch_listen = "127.0.0.1:0"`)
	anna := d.account("anna")
	m, err := d.log.await(bounded(t), 0, regexp.MustCompile(`dispatch=(\S+)`))
	if err != nil {
		t.Fatal(err)
	}
	serves := d.addr
	d.addr = m[1]
	var seen []string
	c, err := client.Dial(bounded(t), client.Options{
		Server: d.addr, Handle: anna, Password: passwordOf(anna), Dialects: []string{"MSNP2"},
		Trace: func(line string) { seen = append(seen, line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if all := strings.Join(seen, "\n"); !strings.Contains(all, "XFR 3 NS "+serves) {
		t.Errorf("no referral to %s:\n%s", serves, all)
	}
}

// TestChatCommand drives the client in the terminal.
func TestChatCommand(t *testing.T) {
	t.Parallel()
	d := start(t)
	anna := d.account("anna")
	b := d.signIn(d.account("bob"))
	cmd := d.command(context.Background(), "chat", "--server", d.addr, "--password-stdin", anna)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out := &output{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	say := func(line string) { stdin.Write([]byte(line + "\n")) }
	want := func(re string) {
		t.Helper()
		if _, err := out.await(bounded(t), 0, regexp.MustCompile(re)); err != nil {
			t.Fatalf("%v in:\n%s", err, out.tail(1<<16))
		}
	}
	say(passwordOf(anna))
	want("signed in")
	say("/help")
	want("(?s)/add.*/block|/block.*/add")
	say("/add " + b.Handle())
	want(regexp.QuoteMeta(b.Handle()) + ".* is online")
	say("/chat " + b.Handle())
	w := b.answer(anna)
	want("you are talking to")
	say(words("hello"))
	w.hear(words("hello"))
	w.say(words("hello terminal \x1b[2J"))
	want(regexp.QuoteMeta(words("hello terminal")))
	b.Close()
	want("offline")
	say("/quit")
	if err := cmd.Wait(); err != nil {
		t.Errorf("chat: %v", err)
	}
	if strings.Contains(out.tail(1<<16), "\x1b") {
		t.Error("an escape code reached the terminal")
	}
}
