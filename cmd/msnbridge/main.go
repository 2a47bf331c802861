// Command msnbridge is an MSN Messenger service in which Matrix friends and IRC
// people are contacts: the daemon, the commands that set it up, and a line-mode
// client. This package wires the others together; what it does itself is in its
// internal packages: config, control and chat.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// What the process exits with.
const (
	exitFailed = 1
	exitUsage  = 2 // the command line is wrong
)

func main() { os.Exit(run(os.Args[1:])) }

// run carries out one command line and returns the exit status.
func run(args []string) int {
	var c commandLine
	parser := kong.Must(&c,
		kong.Name("msnbridge"),
		kong.Description(description),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	ctx, err := parser.Parse(args)
	if err != nil {
		return usage(err)
	}
	if err := ctx.Run(&c.globals); err != nil {
		fmt.Fprintf(os.Stderr, "msnbridge: %s\n", err)
		if _, wrong := errors.AsType[*usageError](err); wrong {
			return exitUsage
		}
		return exitFailed
	}
	return 0
}

// usage says what is wrong with a command line and where it is explained.
func usage(err error) int {
	help := "msnbridge --help"
	if pe, ok := errors.AsType[*kong.ParseError](err); ok && pe.Context != nil && pe.Context.Command() != "" {
		help = "msnbridge " + strings.Join(commandWords(pe.Context.Command()), " ") + " --help"
	}
	fmt.Fprintf(os.Stderr, "msnbridge: %s\nSee %s.\n", err, help)
	return exitUsage
}

// commandWords are the words of a command without its arguments.
func commandWords(command string) []string {
	var words []string
	for w := range strings.FieldsSeq(command) {
		if !strings.HasPrefix(w, "<") && !strings.HasPrefix(w, "[") {
			words = append(words, w)
		}
	}
	return words
}

// A usageError is a mistake in the command line that the parser does not see.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }
