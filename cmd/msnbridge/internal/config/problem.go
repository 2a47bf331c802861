package config

import (
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"
)

// A Problem is one mistake in a configuration.
type Problem struct {
	File string
	Line int // from 1; 0 where there is none
	path toml.Key
	Text string // what is wrong and what to write instead
}

// Error names file, line, key and remedy in one line.
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	b.WriteString(": ")
	if len(p.path) > 0 {
		b.WriteString(p.path.String() + ": ")
	}
	b.WriteString(p.Text)
	return b.String()
}

// Problems are all the mistakes of a configuration that were found, in the order
// of their lines.
type Problems []Problem

// Error has one line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

func (ps *Problems) add(path toml.Key, format string, args ...any) {
	*ps = append(*ps, Problem{path: path, Text: fmt.Sprintf(format, args...)})
}
