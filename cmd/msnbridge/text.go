package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"

	"msnbridge/bridge"
)

// printable is s without what could do something to a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// maxPassword is the longest password that is read, in bytes.
const maxPassword = 4096

// needPassword reads the password of a command that cannot do without.
func needPassword(fromStdin bool) (bridge.Secret, error) {
	if !fromStdin {
		return "", &usageError{"a password is needed: write it to standard input and add --password-stdin"}
	}
	return readPassword(os.Stdin)
}

// readPassword reads one line, without echo if f is a terminal.
func readPassword(f *os.File) (bridge.Secret, error) {
	if term.IsTerminal(int(f.Fd())) {
		return prompt(f)
	}
	return firstLine(bufio.NewReader(io.LimitReader(f, maxPassword+2)))
}

// prompt asks for a password in a terminal. Echo is off before it asks, so that
// nothing shows of what is typed at once.
func prompt(f *os.File) (bridge.Secret, error) {
	fd := int(f.Fd())
	before, err := term.MakeRaw(fd)
	if err != nil {
		return "", fmt.Errorf("terminal: %w", err)
	}
	defer term.Restore(fd, before)
	line, err := term.NewTerminal(readWriter{f, os.Stderr}, "").ReadPassword("Password: ")
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return checkPassword(line)
}

// A readWriter is the two directions of a terminal.
type readWriter struct {
	io.Reader
	io.Writer
}

// firstLine reads a password that is followed by a line end or by nothing.
func firstLine(r *bufio.Reader) (bridge.Secret, error) {
	line, err := r.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return checkPassword(strings.TrimRight(line, "\r\n"))
}

func checkPassword(s string) (bridge.Secret, error) {
	switch {
	case s == "":
		return "", errors.New("the password is empty: the first line of standard input must hold it")
	case len(s) > maxPassword:
		return "", fmt.Errorf("the password is longer than %d bytes", maxPassword)
	}
	return bridge.Secret(s), nil
}
