package bridge

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// MostAnswer is how many lines a network answers to a command at most.
const MostAnswer = 12

// answerLine is how long one of them is, in bytes, if it has several words.
const answerLine = 400

// A Usage says how a command is used that users can type in a window.
type Usage struct {
	Args string // what follows its name; in brackets what may be left out
	Help string // what it is for
}

// Of is how the command of that name is typed.
func (u Usage) Of(name string) string { return strings.TrimSpace("/" + name + " " + u.Args) }

// CommandHelp is what a network that has these commands answers to /help: a list of
// those for which listed holds, or what is said of the one that text names.
func CommandHelp(text string, all map[string]Usage, listed func(name string) bool) ([]string, error) {
	if name := strings.ToLower(strings.TrimPrefix(text, "/")); name != "" {
		u, ok := all[name]
		if !ok {
			return nil, UnknownCommand(name, slices.Collect(maps.Keys(all))...)
		}
		return []string{u.Of(name) + ": " + u.Help}, nil
	}
	var usages []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if listed(name) {
			usages = append(usages, all[name].Of(name))
		}
	}
	return append([]string{"Commands, of which /help COMMAND says more:"}, FillLines(usages, ", ")...), nil
}

// CommandText is what follows the name of a command, as one line that a network can
// be given. The error is a *SendError.
func CommandText(m Message) (string, error) {
	text := strings.TrimSpace(strings.ReplaceAll(m.Text, "\t", " "))
	if strings.ContainsFunc(text, unicode.IsControl) {
		return "", Declined("a command is one line without control codes")
	}
	return text, nil
}

// Declined is the failure of a command, or of a text, that was not carried out, with
// the reason for its writer.
func Declined(format string, args ...any) *SendError {
	return &SendError{Reason: fmt.Sprintf(format, args...)}
}

// FillLines puts words into as few lines of an answer as they need.
func FillLines(words []string, separator string) []string {
	var lines []string
	for _, word := range words {
		last := len(lines) - 1
		if last >= 0 && len(lines[last])+len(separator)+len(word) <= answerLine {
			lines[last] += separator + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// FewLines is an answer of at most MostAnswer lines; those that are left out are
// counted.
func FewLines(lines []string) []string {
	if more := len(lines) - MostAnswer; more > 0 {
		lines = append(lines[:MostAnswer:MostAnswer], fmt.Sprintf("... and %d lines more", more))
	}
	return lines
}
