package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"msnbridge/msn/passport"
)

// Every dialect that needs a ticket, over every way to one.
func TestChatWithPassport(t *testing.T) {
	p := newPlace(t, "[passport]\nlisten = \"127.0.0.1:0\"\ntls_listen = \"127.0.0.1:0\"\nsignature = \"sha1\"\n")
	for _, name := range []string{"anna", "bob"} {
		p.must(t, "pw\n", "account", "add", name+"@msn.local", "--password-stdin")
	}
	s := p.start(t)
	plain := plainRuns.FindStringSubmatch(s.await(t, " passport="))[1]
	secure := tlsRuns.FindStringSubmatch(s.await(t, " passport_tls="))[1]
	root := []string{"--passport-ca", passport.RootFile("data")}
	_, port, err := net.SplitHostPort(secure)
	if err != nil {
		t.Fatal(err)
	}
	for dialect, flags := range map[string][]string{
		"MSNP8":  append(root, "--passport", "http://"+plain),
		"MSNP9":  append(root, "--passport", "https://nexus.passport.com", "--hosts", "nexus.passport.com="+secure),
		"MSNP10": {"--passport", "http://" + plain + "/login2.srf"},
		"MSNP11": {"--passport", "https://localhost:" + port + "/rdr/pprdr.asp", "--passport-insecure"},
		"MSNP12": append(root, "--passport", "https://login.live.com/RST.srf", "--hosts", "LOGIN.live.com:443=127.0.0.1:"+port),
	} {
		t.Run(dialect, func(t *testing.T) { chatWithBob(t, p, s, append([]string{"--dialect", dialect}, flags...)...) })
	}
	t.Run("newest", func(t *testing.T) {
		out := p.must(t, "pw\n/note gone <fishing> & more\n/song Blue - Joni\n/nudge\n/note\n/quit\n", "chat", "--server", s.addr, "--passport", "http://"+plain+"/RST.srf",
			"--password-stdin", "anna@msn.local")
		for _, want := range []string{"anna@msn.local (anna), MSNP12", "beside your name: gone <fishing> & more", "listen to Blue - Joni",
			"! no conversation is open", "read nothing beside"} {
			if !strings.Contains(out, want) {
				t.Errorf("%q is missing in:\n%s", want, out)
			}
		}
	})
	for _, way := range []string{"login2.srf", "RST.srf", ""} {
		p.fail(t, 1, []string{"passport: ", "rong e-mail address or password"}, "no\n", append([]string{"chat", "--server", s.addr, "--dialect", "MSNP11",
			"--passport", "http://" + plain + "/" + way, "--password-stdin", "anna@msn.local"}, root...)...)
	}
}

// Notes are of later dialects.
func TestNoteInOldDialect(t *testing.T) {
	p := newPlace(t, "")
	p.must(t, "pw\n", "account", "add", "anna@msn.local", "--password-stdin")
	s := p.start(t)
	out := p.must(t, "pw\n/note hello\n/song x\n", "chat", "--server", s.addr, "--password-stdin", "anna@msn.local")
	if !strings.Contains(out, "anna@msn.local (anna), MSNP7") || strings.Count(out, "--dialect MSNP11 or MSNP12") != 2 {
		t.Error(out)
	}
}

// Where a ticket is got is known from the flags, or from the configuration of the gateway
// that is signed in to.
func TestWhereTicketsAre(t *testing.T) {
	p := newPlace(t, "")
	config := filepath.Join(p.dir, "config.toml")
	data := filepath.Join(p.dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		config string
		chat   chatCommand
		url    string // empty: it is not known
		roots  int
	}{
		"old dialect":      {"[passport]\nlisten = \":8080\"", chatCommand{Dialect: "msnp7"}, "-", 0},
		"no dialect":       {"[passport]\nlisten = \":8080\"", chatCommand{}, "-", 0},
		"listener":         {"[passport]\nlisten = \":8080\"\ntls_listen=\":8443\"", chatCommand{Dialect: "msnp9"}, "http://localhost:8080/login2.srf", 0},
		"one address":      {"[passport]\nlisten = \"127.0.0.2:80\"", chatCommand{Dialect: "MSNP12"}, "http://127.0.0.2:80/login2.srf", 0},
		"TLS":              {"[passport]\ntls_listen = \":8443\"", chatCommand{Dialect: "MSNP12"}, "https://localhost:8443/login2.srf", 1},
		"off":              {"", chatCommand{Dialect: "MSNP12"}, "", 0},
		"another server":   {"[passport]\nlisten = \":8080\"", chatCommand{Dialect: "MSNP12", Server: "far.test"}, "", 0},
		"flag":             {"[passport]\nlisten = \":8080\"", chatCommand{Dialect: "MSNP12", chatPassport: chatPassport{Passport: "https://x/RST.srf"}}, "https://x/RST.srf", 0},
		"flag and CA":      {"", chatCommand{chatPassport: chatPassport{Passport: "https://x/RST.srf", PassportCA: passport.RootFile(data)}}, "https://x/RST.srf", 1},
		"flag and no file": {"", chatCommand{chatPassport: chatPassport{Passport: "https://x/RST.srf", PassportCA: "nowhere.pem"}}, "", 0},
	} {
		p.write(t, "config.toml", "data_dir = \""+data+"\"\n"+c.config)
		if _, err := passport.OpenAuthority(data, passport.SHA256, "localhost"); err != nil {
			t.Fatal(err)
		}
		o, err := c.chat.options(&globals{Config: config})
		if c.url == "-" {
			c.url = ""
		} else if (err == nil) != (c.url != "") {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err == nil && (o.Passport.URL != c.url || len(o.Passport.Roots) != c.roots) {
			t.Errorf("%s: %s with %d roots", name, o.Passport.URL, len(o.Passport.Roots))
		}
	}
	p.fail(t, 2, []string{"MSNP9", "--passport"}, "pw\n", "chat", "--dialect", "MSNP9", "--server", "far.test", "--password-stdin", "a@b")
	p.fail(t, 2, []string{"--hosts"}, "pw\n", "chat", "--hosts", "nonsense", "--password-stdin", "a@b")
}

// A certificate may be in PEM, with its key too, or in DER, as it is to be had from the gateway.
func TestReadRoots(t *testing.T) {
	dir := t.TempDir()
	a, err := passport.OpenAuthority(dir, passport.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"der": a.Root(), "bad": []byte("nonsense"), "empty": nil} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for path, good := range map[string]bool{passport.RootFile(dir): true, filepath.Join(dir, "der"): true,
		filepath.Join(dir, "bad"): false, filepath.Join(dir, "empty"): false, filepath.Join(dir, "none"): false} {
		roots, err := readRoots(path)
		if (err == nil) != good || good && !bytes.Equal(roots[0].Raw, a.Root()) {
			t.Errorf("%s: %d, %v", path, len(roots), err)
		}
	}
}
