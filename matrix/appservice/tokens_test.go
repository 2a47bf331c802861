package appservice

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestTokens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "appservice.yaml")
	if _, err := ReadTokens(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before: %v", err)
	}
	made := make([]Tokens, 8)
	var wg sync.WaitGroup
	for i := range made {
		wg.Go(func() {
			var err error
			if made[i], err = MakeTokens(path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, m := range made {
		if m != made[0] || len(m.AS) < 32 || len(m.HS) < 32 || m.AS == m.HS {
			t.Errorf("tokens of %d and %d characters, equal %v", len(m.AS), len(m.HS), m == made[0])
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 1 {
		t.Errorf("left behind: %v, %v", files, err)
	}
}

func TestDamagedTokens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "appservice.yaml")
	for _, text := range []string{"", "as_token: short\nhs_token: short\n", "as_token: [a]\n", "as_token: aaaaaaaaaaaaaaaa\nhs_token: aaaaaaaaaaaaaaaa\n",
		"as_token: \"aaaaaaaaaaaaaaaa\\nX\"\nhs_token: bbbbbbbbbbbbbbbb\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := MakeTokens(path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if err := os.WriteFile(path, []byte("as_token: aaaaaaaaaaaaaaaa\nhs_token: bbbbbbbbbbbbbbbb\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadTokens(path); err != nil {
		t.Error(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadTokens(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("open to others: %v", err)
	}
}
