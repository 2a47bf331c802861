package main

import (
	"runtime"
	"strings"
	"testing"
)

func TestUsage(t *testing.T) {
	p := newPlace(t, "")
	for _, c := range []struct {
		args []string
		says []string
	}{
		{[]string{"nonsense"}, []string{"nonsense", "msnbridge --help"}},
		{[]string{"account"}, []string{"add", "import", "msnbridge account --help"}},
		{[]string{"account", "ad"}, []string{`did you mean "add"`}},
		{[]string{"account", "add"}, []string{"<handle>", "msnbridge account add --help"}},
		{[]string{"account", "add", "a@b", "--nam=x"}, []string{"--nam", "--name"}},
		{[]string{"login", "add", "a@msn.local", "matrix", "nonsense"}, []string{"nonsense", "key=value"}},
		{[]string{"login", "add", "a@msn.local", "matrix", "user=a", "user=b"}, []string{"user", "twice"}},
		{[]string{"chat", "a@b"}, []string{"password", "--password-stdin"}},
		{[]string{"chat", "a@b", "--dialect", "MSNP13"}, []string{`"MSNP13"`, "MSNP2 to MSNP12"}},
	} {
		p.fail(t, 2, c.says, "", c.args...)
	}
}

func TestHelp(t *testing.T) {
	p := newPlace(t, "")
	for _, c := range []struct {
		args []string
		says []string
	}{
		{[]string{"--help"}, []string{"account add", "login add", "config check", "chat", "version", "--config"}},
		{[]string{"login", "add", "--help"}, []string{"nick=", "user=@name:server", "homeserver=", "--password-stdin"}},
		{[]string{"account", "import", "--help"}, []string{"handle, password"}},
		{[]string{"chat", "-h"}, []string{"--server", "--dialect", "/help"}},
	} {
		out := p.must(t, "", c.args...)
		for _, s := range c.says {
			if !strings.Contains(out, s) {
				t.Errorf("%s: %q is missing in:\n%s", c.args, s, out)
			}
		}
	}
}

func TestVersion(t *testing.T) {
	out := newPlace(t, "").must(t, "", "version")
	for _, s := range []string{"msnbridge " + version, runtime.Version(), "Matrix encryption"} {
		if !strings.Contains(out, s) {
			t.Errorf("%q is missing in:\n%s", s, out)
		}
	}
	if strings.Contains(out, "without the tag goolm") == goolm {
		t.Errorf("built with goolm: %t, but:\n%s", goolm, out)
	}
}

func TestConfig(t *testing.T) {
	p := newPlace(t, "")
	p.write(t, "bad.toml", "[msn]\nlisen = \"x\"\n")
	p.write(t, "good.toml", "data_dir = \"elsewhere\"\n")
	p.must(t, "", "config", "check")
	bad := []string{"bad.toml:2:", "msn.lisen", `did you mean "listen"`}
	p.fail(t, 1, bad, "", "config", "check", "--config", "bad.toml")
	p.fail(t, 1, bad, "", "--config=bad.toml", "config", "check")
	p.fail(t, 1, bad, "", "--config=bad.toml")
	p.fail(t, 1, bad, "", "account", "list", "--config=bad.toml")
	p.fail(t, 1, []string{"missing.toml", "no such file"}, "", "config", "check", "--config=missing.toml")
	if out := p.must(t, "", "config", "check", "--config", "good.toml"); !strings.Contains(out, "good.toml: ok") {
		t.Error(out)
	}
	if out := p.must(t, "pw\n", "account", "add", "a@msn.local", "--password-stdin", "--config", "good.toml"); !strings.Contains(out, "elsewhere") {
		t.Error(out)
	}
	p.env = []string{"MSNBRIDGE_CONFIG="}
	if out := p.must(t, "", "config", "check"); !strings.Contains(out, "built-in configuration: ok") {
		t.Error(out)
	}
}
