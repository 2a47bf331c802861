package store

import (
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"msnbridge/bridge"
)

var testKey = []byte("0123456789abcdef0123456789ABCDEF")

func TestKeyFileIsMadeOnce(t *testing.T) {
	withEach(t, func(t *testing.T, c Config) {
		s := open(t, c)
		do(t, s, create(me))
		closeStore(t, s)
		path := filepath.Join(c.Dir, keyFile)
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseKey(string(before), path); err != nil {
			t.Error(err)
		}
		equal(t, "password", account(t, open(t, c), me).Password, "secret of "+bridge.Secret(me))
		after, err := os.ReadFile(path)
		equal(t, "key", []any{string(after), err}, []any{string(before), error(nil)})
	})
}

func TestKeyFromEnvironment(t *testing.T) {
	c := Config{Dir: t.TempDir(), Key: bridge.Secret(" " + hex.EncodeToString(testKey) + "\n")}
	s := open(t, c)
	do(t, s, create(me))
	closeStore(t, s)
	if _, err := os.Stat(filepath.Join(c.Dir, keyFile)); !os.IsNotExist(err) {
		t.Errorf("a key file was made: %v", err)
	}
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
		c.Key = bridge.Secret(e.EncodeToString(testKey))
		s := open(t, c)
		equal(t, "password", account(t, s, me).Password, "secret of "+bridge.Secret(me))
		closeStore(t, s)
	}
	// The same key in the file will do as well.
	writeKey(t, c.Dir, hex.EncodeToString(testKey), 0o600)
	c.Key = ""
	equal(t, "password", account(t, open(t, c), me).Password, "secret of "+bridge.Secret(me))
}

func writeKey(t *testing.T, dir, text string, mode fs.FileMode) {
	t.Helper()
	path := filepath.Join(dir, keyFile)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func TestKeyErrors(t *testing.T) {
	good, another := hex.EncodeToString(testKey), strings.Repeat("ab", keySize)
	cases := []struct {
		name   string
		spoil  func(t *testing.T, c *Config)
		err    error
		tells  []string // what the operator must be told
		secret string   // what he must not
	}{
		{"missing", func(t *testing.T, c *Config) { os.Remove(filepath.Join(c.Dir, keyFile)) },
			errKeyMissing, []string{keyFile, KeyVariable, "restore"}, good},
		{"wrong", func(t *testing.T, c *Config) { writeKey(t, c.Dir, another, 0o600) },
			errWrongKey, []string{keyFile, "restore"}, another},
		{"wrong in environment", func(t *testing.T, c *Config) { c.Key = bridge.Secret(another) },
			errWrongKey, []string{KeyVariable}, another},
		{"malformed in environment", func(t *testing.T, c *Config) { c.Key = "pass word" },
			errKeyMalformed, []string{KeyVariable}, "pass word"},
		{"others may read", func(t *testing.T, c *Config) { writeKey(t, c.Dir, good, 0o640) },
			errKeyOpen, []string{"chmod 600 ", keyFile, "0640"}, good},
		{"empty", func(t *testing.T, c *Config) { writeKey(t, c.Dir, "", 0o600) }, errKeyMalformed, []string{keyFile}, good},
		{"short", func(t *testing.T, c *Config) { writeKey(t, c.Dir, good[2:], 0o600) }, errKeyMalformed, []string{keyFile}, good[2:]},
		{"long", func(t *testing.T, c *Config) { writeKey(t, c.Dir, good+"ab", 0o600) }, errKeyMalformed, []string{keyFile}, good},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			withEach(t, func(t *testing.T, c Config) {
				writeKey(t, c.Dir, good, 0o600)
				closeStore(t, open(t, c))
				k.spoil(t, &c)
				c.Log = slog.New(slog.DiscardHandler)
				s, err := Open(t.Context(), c)
				if err == nil {
					closeStore(t, s)
					t.Fatal("no error")
				}
				wantErr(t, "open", err, k.err)
				for _, tell := range k.tells {
					if !strings.Contains(err.Error(), tell) {
						t.Errorf("%q does not say %q", err, tell)
					}
				}
				if strings.Contains(err.Error(), k.secret) {
					t.Errorf("%q tells the key", err)
				}
			})
		})
	}
}

func TestNoKeyIsMadeForSealedData(t *testing.T) {
	c := Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)}
	closeStore(t, open(t, c))
	path := filepath.Join(c.Dir, keyFile)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), c); err == nil {
		t.Fatal("opened without its key")
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a key was made: %v", err)
	}
}

func FuzzParseKey(f *testing.F) {
	for _, seed := range []string{"", hex.EncodeToString(testKey), base64.StdEncoding.EncodeToString(testKey), "\n=="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := parseKey(text, "here")
		if err == nil && len(key) != keySize {
			t.Errorf("a key of %d bytes", len(key))
		}
		if err != nil && len(text) > 20 && strings.Contains(err.Error(), text) {
			t.Errorf("%q tells what it was given", err)
		}
	})
}
