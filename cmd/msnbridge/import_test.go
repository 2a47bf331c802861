package main

import (
	"strings"
	"testing"
)

func FuzzReadAccounts(f *testing.F) {
	f.Add("\uFEFF# comment\r\n\r\nanna@msn.local  s3cret\tAnna of  Here \r\n")
	f.Add("a b\na c\n")
	f.Add("x")
	f.Fuzz(func(t *testing.T, text string) {
		ls, err := readAccounts("users", strings.NewReader(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "users:") {
				t.Errorf("the file is not named: %v", err)
			}
			return
		}
		if len(ls.accounts) == 0 || len(ls.accounts) != len(ls.lines) {
			t.Errorf("%d accounts in %d lines", len(ls.accounts), len(ls.lines))
		}
		for _, a := range ls.accounts {
			if a.Handle == "" || a.Password == "" || strings.ContainsAny(a.Handle+a.Password.Reveal(), " \t\n") || strings.ContainsAny(a.Name, "\n") {
				t.Errorf("%+v, password %q", a, a.Password.Reveal())
			}
		}
	})
}
