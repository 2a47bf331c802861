package store

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// KeyVariable is the environment variable that may hold the secret key, for
// Config.Key.
const KeyVariable = "MSNBRIDGE_SECRET_KEY"

const (
	keySize    = 32 // bytes: AES-256
	keyFile    = "secret.key"
	maxKeyText = 1024 // bytes of a key file that are looked at
)

var (
	errKeyMissing   = errors.New("the key is missing, but the database holds what was sealed with it")
	errKeyMalformed = errors.New("this is not 32 bytes in base64 or hex")
	errKeyOpen      = errors.New("others may read the key")
)

// keyError says what is wrong with a key, where, and what to do.
func keyError(source string, problem error, remedy string) error {
	return fmt.Errorf("secret key (%s): %w: %s", source, problem, remedy)
}

// openSealer finds the key: the one given, else the one in the file, which is
// made only for a database that has nothing sealed.
func openSealer(c Config, now schemaInfo) (*sealer, error) {
	key, source, err := findKey(c, now.keyCheck == nil)
	if err != nil {
		return nil, err
	}
	s, err := newSealer(key, source)
	if err != nil || now.keyCheck == nil {
		return s, err
	}
	return s, s.verify(now.keyCheck)
}

func findKey(c Config, mayMake bool) (key []byte, source string, err error) {
	if c.Key != "" {
		key, err = parseKey(c.Key.Reveal(), KeyVariable)
		return key, KeyVariable, err
	}
	path := filepath.Join(c.Dir, keyFile)
	key, err = readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, path, err
	}
	if !mayMake {
		return nil, path, keyError(path, errKeyMissing, "restore the file from a backup, or set "+KeyVariable)
	}
	key, err = makeKey(path, c.Log)
	if errors.Is(err, fs.ErrExist) { // another process was faster
		key, err = readKey(path)
	}
	return key, path, err
}

func parseKey(text, source string) ([]byte, error) {
	text = strings.TrimSpace(text)
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString,
		base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString,
		base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if key, err := decode(text); err == nil && len(key) == keySize {
			return key, nil
		}
	}
	return nil, keyError(source, errKeyMalformed, "restore it from a backup; only if there is no database yet, remove it")
}

func readKey(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, keyError(path, errKeyOpen, fmt.Sprintf("its mode is %04o; run chmod 600 %s", mode, path))
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyText))
	if err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	return parseKey(string(text), path)
}

// makeKey makes a new key and sees to it that the disk has it before anything is
// sealed with it.
func makeKey(path string, log *slog.Logger) ([]byte, error) {
	key := make([]byte, keySize)
	rand.Read(key) // never fails
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	err = errors.Join(err, f.Sync(), f.Close(), syncDir(filepath.Dir(path)))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("secret key: %w", err), os.Remove(path))
	}
	log.Info("secret key made; back it up with the database", "path", path)
	return key, nil
}

// syncDir makes a new file's name permanent.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // it cannot open directories
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
