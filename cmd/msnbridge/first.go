package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"msnbridge/bridge"
	"msnbridge/cmd/msnbridge/internal/config"
)

// firstName is the local part of the account that is made when there is none;
// firstFile gets its password where no terminal does.
const (
	firstName = "me"
	firstFile = "initial-account.txt"
)

// firstAccount makes an account for whoever has just installed the service, and
// says how to sign in. addr is where clients on this machine reach it.
func firstAccount(ctx context.Context, b *bridge.Bridge, c *config.Config, addr string, log *slog.Logger) error {
	handle := firstName + "@" + c.MSN.Domains[0]
	password := newPassword()
	how := instructions(handle, password, addr)
	if term.IsTerminal(int(os.Stdout.Fd())) {
		if err := addFirst(ctx, b, handle, password); err != nil {
			return err
		}
		_, err := io.WriteString(os.Stdout, "\n"+how+"This is shown only once.\n\n")
		return err
	}
	path := filepath.Join(c.DataDir, firstFile)
	if err := writePrivate(path, how+"Remove this file when you have read it.\n"); err != nil {
		return fmt.Errorf("first account: %w", err)
	}
	if err := addFirst(ctx, b, handle, password); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	log.Info("first account made; its password is in the file", "handle", handle, "path", absolute(path),
		"sign_in", "msnbridge chat --server "+addr+" "+handle+", or any MSN client")
	return nil
}

// absolute is path as it can be used anywhere.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func addFirst(ctx context.Context, b *bridge.Bridge, handle string, password bridge.Secret) error {
	if err := b.AddAccounts(ctx, bridge.NewAccount{Handle: handle, Password: password}); err != nil {
		return fmt.Errorf("first account: %w", err)
	}
	return nil
}

func instructions(handle string, password bridge.Secret, addr string) string {
	return fmt.Sprintf(`msnbridge had no accounts, so it has made one:

    handle:    %s
    password:  %s

Sign in with an MSN client whose server is %s, or in a terminal:

    msnbridge chat --server %[3]s %[1]s

The contact "msnbridge" tells the rest: write help to it. To choose another password:

    msnbridge account passwd %[1]s --password-stdin

`, handle, password.Reveal(), addr)
}

// Passwords are made of what is hard to mistake for something else: three groups
// of four make 59 bits, and 14 characters, which the oldest clients accept.
const (
	passwordLetters = "abcdefghjkmnpqrstuvwxyz23456789"
	passwordGroups  = 3
	groupLength     = 4
)

func newPassword() bridge.Secret {
	groups := make([]string, passwordGroups)
	for i := range groups {
		groups[i] = randomLetters(groupLength)
	}
	return bridge.Secret(strings.Join(groups, "-"))
}

// randomLetters draws letters, all equally likely.
func randomLetters(n int) string {
	const fair = 256 - 256%len(passwordLetters) // bytes from here on would favour the first letters
	var b strings.Builder
	for b.Len() < n {
		var r [1]byte
		rand.Read(r[:]) // never fails
		if int(r[0]) < fair {
			b.WriteByte(passwordLetters[int(r[0])%len(passwordLetters)])
		}
	}
	return b.String()
}

// writePrivate makes a file that only its owner may read, in place of any that
// is there, and sees to it that the disk has it.
func writePrivate(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
