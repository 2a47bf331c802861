package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"msnbridge/bridge"
)

type accountImport struct {
	File string `arg:"" help:"One account a line: handle, password and name, separated by blanks. The name is the rest of the line and may be missing. Empty lines and lines that begin with # are passed over."`
}

func (c *accountImport) Run(g *globals) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	ls, err := readAccounts(c.File, f)
	if err != nil {
		return err
	}
	return g.act(func(ctx context.Context, h *house) error {
		if err := h.AddAccounts(ctx, ls.accounts...); err != nil {
			return fmt.Errorf("%s%w; nothing was imported", ls.where(err), err)
		}
		return h.done("%d accounts imported", len(ls.accounts))
	})
}

// maxImportLine is the longest line of an import file, in bytes.
const maxImportLine = 4096

// importLines are the accounts of an import file.
type importLines struct {
	file     string
	accounts []bridge.NewAccount
	lines    []int // where each stands
}

// readAccounts reads an import file. Errors name file and line.
func readAccounts(file string, r io.Reader) (*importLines, error) {
	ls := &importLines{file: file}
	seen := map[string]int{}
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, maxImportLine)
	n := 0
	for sc.Scan() {
		n++
		a, err := parseAccount(sc.Text())
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		if a == nil {
			continue
		}
		folded := strings.ToLower(a.Handle)
		if first := seen[folded]; first > 0 {
			return nil, fmt.Errorf("%s:%d: account %s stands in line %d already", file, n, a.Handle, first)
		}
		seen[folded] = n
		ls.accounts = append(ls.accounts, *a)
		ls.lines = append(ls.lines, n)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", file, n+1, err)
	}
	if len(ls.accounts) == 0 {
		return nil, fmt.Errorf("%s: there is no account in it", file)
	}
	return ls, nil
}

// parseAccount reads one line; nil if no account stands there.
func parseAccount(line string) (*bridge.NewAccount, error) {
	line = strings.Trim(strings.TrimPrefix(line, "\uFEFF"), " \t\r")
	if line == "" || line[0] == '#' {
		return nil, nil
	}
	handle, rest := cutBlank(line)
	password, name := cutBlank(rest)
	if password == "" {
		return nil, fmt.Errorf("account %s has no password; a line is handle, password and name", handle)
	}
	return &bridge.NewAccount{Handle: handle, Password: bridge.Secret(password), Name: name}, nil
}

// cutBlank cuts at the first run of blanks.
func cutBlank(s string) (before, after string) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimLeft(s[i:], " \t")
}

// where finds the line of the account that an error of the bridge is about.
func (ls *importLines) where(err error) string {
	text := err.Error()
	for i, a := range ls.accounts {
		for _, handle := range []string{a.Handle, strings.ToLower(a.Handle), fmt.Sprintf("%q", a.Handle)} {
			if strings.HasPrefix(text, "account "+handle+": ") {
				return fmt.Sprintf("%s:%d: ", ls.file, ls.lines[i])
			}
		}
	}
	return ls.file + ": "
}
