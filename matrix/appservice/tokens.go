package appservice

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"msnbridge/bridge"
)

// Tokens are what the service and its homeserver know each other by.
type Tokens struct {
	AS bridge.Secret // with which we go to the homeserver
	HS bridge.Secret // with which it comes to us
}

// tokenFile is the file that tokens are kept in.
type tokenFile struct {
	AS string `yaml:"as_token"`
	HS string `yaml:"hs_token"`
}

// ReadTokens reads the tokens that are kept in a file; fs.ErrNotExist.
func ReadTokens(path string) (Tokens, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrPermission) {
		return Tokens{}, fmt.Errorf("%w; it must belong to the user that msnbridge runs as", err)
	}
	if err != nil {
		return Tokens{}, err
	}
	var f tokenFile
	if err := yaml.Unmarshal(text, &f); err != nil || !fitToken(f.AS) || !fitToken(f.HS) || f.AS == f.HS {
		return Tokens{}, fmt.Errorf("%s is damaged: it must hold an as_token and another hs_token; "+
			"restore it, or remove it and give the homeserver a new registration", path)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		return Tokens{}, fmt.Errorf("%s is open to others; run chmod 600 on it", path)
	}
	return Tokens{bridge.Secret(f.AS), bridge.Secret(f.HS)}, nil
}

// fitToken tells whether a token is long enough not to be guessed, and can stand in a header.
func fitToken(token string) bool {
	for _, c := range []byte(token) {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return len(token) >= 16
}

// MakeTokens reads the tokens that are kept in a file, or makes them. Of two processes that do so at the
// same time both get the same.
func MakeTokens(path string) (Tokens, error) {
	t, err := ReadTokens(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return t, err
	}
	if err := makeTokenFile(path); err != nil {
		return Tokens{}, fmt.Errorf("keep the tokens of the application service: %w", err)
	}
	return ReadTokens(path)
}

// makeTokenFile makes the file as a whole, unless it is there by now.
func makeTokenFile(path string) error {
	text, err := yaml.Marshal(tokenFile{AS: rand.Text() + rand.Text(), HS: rand.Text() + rand.Text()})
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".appservice-*") // for its owner only
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
