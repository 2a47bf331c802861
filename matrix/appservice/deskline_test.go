package appservice

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func asText(body string) json.RawMessage {
	raw, err := json.Marshal(map[string]any{"msgtype": "m.text", "body": body})
	if err != nil {
		panic(err)
	}
	return raw
}

func TestLine(t *testing.T) {
	for body, want := range map[string]string{
		"help":                            "help []",
		"  !Help \t":                      "help []",
		"/list bob":                       "list [bob]",
		"link  alice@msn.local":           "link [alice@msn.local]",
		"li\u202enk a\x00lice@msn.local":  "link [alice@msn.local]",
		"\u200b":                          " []",
		"help\nlist":                      errLines.Error(),
		"help\u2028list":                  errLines.Error(),
		strings.Repeat("x", maxLine+1):    errLong.Error(),
		strings.Repeat("x", 1<<20):        errLong.Error(),
		"login matrix password=hunter2":   errSecret.Error(),
		"login hunter2":                   errSecret.Error(),
		"!password hunter2":               errSecret.Error(),
		"link a@b Password: hunter2":      errSecret.Error(),
		"token=abc":                       errSecret.Error(),
		"syt_YWxpY2U_abcdefgh_1Q2w3E":     errSecret.Error(),
		"my recovery key: EsTa":           errSecret.Error(),
		"link a@b\npassword=hunter2":      errSecret.Error(),
		"link passwort@msn.local":         "link [passwort@msn.local]",
		"login":                           "login []",
		"block login@msn.local":           "block [login@msn.local]",
		"status @_msn_a_msn.local:server": "status [@_msn_a_msn.local:server]",
	} {
		s, ok := parseSpoken(asText(body))
		if !ok {
			t.Errorf("%q is not answered", body)
			continue
		}
		l, err := s.parse()
		got := l.name + " " + fmt.Sprint(l.words)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%.40q: %s; want %s", body, got, want)
		}
	}
}

func TestLineReply(t *testing.T) {
	s, ok := parseSpoken(json.RawMessage(`{"msgtype": "m.text", "body": "> <@bot:x> password=...\n> more\n\nlist",
		"m.relates_to": {"m.in_reply_to": {"event_id": "$e"}}, "m.mentions": {"user_ids": ["@bot:x"]}}`))
	l, err := s.parse()
	if !ok || err != nil || l.name != "list" || l.mentioned != "@bot:x" {
		t.Errorf("%+v, %v, %v", l, ok, err)
	}
}

// Some clients show people by their names.
func TestLineMention(t *testing.T) {
	for body, want := range map[string]string{
		"block Alice A.": "[@a:x]", "block @b:x": "[@b:x]", "block": "[]", "list bob": "[@a:x]",
	} {
		s := spoken{Body: body}
		s.Mentions.Users = []string{"@a:x"}
		l, err := s.parse()
		l.take("@bot:x")
		if fmt.Sprint(l.words) != want || err != nil {
			t.Errorf("%s: %q, %v", body, l.words, err)
		}
		l, _ = s.parse()
		if l.take("@a:x"); strings.Contains(fmt.Sprint(l.words), "@a:x") {
			t.Errorf("%s: %q", body, l.words)
		}
	}
}

func TestNotAnswered(t *testing.T) {
	for _, content := range []string{
		``, `null`, `[]`, `{}`, `{"msgtype": "m.text"}`, `{"msgtype": "m.text", "body": " "}`, `{"msgtype": "m.text", "body": 5}`,
		`{"msgtype": "m.notice", "body": "help"}`, `{"msgtype": "m.emote", "body": "help"}`,
		`{"msgtype": "m.text", "body": "help", "m.relates_to": {"rel_type": "m.replace", "event_id": "$e"}}`,
	} {
		if _, ok := parseSpoken(json.RawMessage(content)); ok {
			t.Errorf("%s is answered", content)
		}
	}
}

func TestHandleIn(t *testing.T) {
	for word, want := range map[string]string{
		"alice@msn.local":                    "alice@msn.local",
		"Alice@MSN.local":                    "alice@msn.local",
		"mailto:alice@msn.local":             "alice@msn.local",
		"@_msn_alice_msn.local:example.org":  "alice@msn.local",
		"@_msn_alice_msn.local:other.org":    "",
		"@alice:example.org":                 "",
		"alice":                              "",
		"a lice@msn.local":                   "",
		"alice@msn.local@x":                  "",
		"@":                                  "",
		"alice@msn.local\u202e":              "",
		strings.Repeat("a", 130) + "@msn.lo": "",
		"https://matrix.to/#/@_msn_alice_msn.local:example.org":             "alice@msn.local",
		"https://matrix.to/#/%40_msn_alice_msn.local:example.org?via=other": "alice@msn.local",
	} {
		if got, ok := testSpace.handleIn(word); ok != (want != "") || ok && got != want {
			t.Errorf("%q is %q, %v; want %q", word, got, ok, want)
		}
	}
}

func TestShown(t *testing.T) {
	for name, want := range map[string]string{
		"Bob": "Bob", "B\nob\x07": "B ob", "\u202eboB": "boB", " x ": "x", strings.Repeat("é", 200): strings.Repeat("é", 100),
	} {
		equal(t, name, shown(name), want)
	}
}

func FuzzLine(f *testing.F) {
	f.Add("link alice@msn.local")
	f.Add("!help\x00\u202e")
	f.Fuzz(func(t *testing.T, body string) {
		s, ok := parseSpoken(asText(body))
		if !ok {
			return
		}
		l, err := s.parse()
		if w := wrong(""); err != nil && !errors.As(err, &w) {
			t.Fatal(err)
		}
		for _, word := range append(l.words, l.name) {
			if len(word) > 3*maxLine || !utf8.ValidString(word) || strings.ContainsAny(word, " \r\n\x00") {
				t.Errorf("word %q", word)
			}
			if handle, ok := testSpace.handleIn(word); ok && (len(handle) > maxHandle || strings.Count(handle, "@") != 1) {
				t.Errorf("handle %q", handle)
			}
		}
	})
}
