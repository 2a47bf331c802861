package config

import (
	"cmp"
	_ "embed"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// BuiltIn stands for the file name where no file is given.
const BuiltIn = "built-in configuration"

//go:embed default.toml
var builtIn string

// Load reads and checks the configuration in file, or the built-in one if file
// is empty. A file says everything: of the built-in configuration only single
// values serve as defaults, not its networks. The error is a Problems.
func Load(file string) (*Config, error) {
	if file == "" {
		return parse(BuiltIn, builtIn)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, Problems{unreadable(file, err)}
	}
	return parse(file, string(text))
}

// unreadable says what to do about a configuration that cannot be read.
func unreadable(file string, err error) Problem {
	if errors.Is(err, fs.ErrNotExist) {
		return Problem{File: file, Text: "there is no such file; name another with --config, or leave it out for the " + BuiltIn}
	}
	return Problem{File: file, Text: err.Error()}
}

// parse decodes, completes and checks the text of a configuration.
func parse(file, text string) (*Config, error) {
	var tree map[string]toml.Primitive
	meta, err := toml.Decode(text, &tree)
	if err != nil {
		return nil, Problems{syntax(file, err)}
	}
	config := defaults(file)
	ps := shape(meta, tree)
	if len(ps) == 0 {
		ps = fill(config, text, tree)
	}
	if len(ps) == 0 {
		return config, nil
	}
	return nil, place(ps, file, meta, tree)
}

// fill decodes text, whose shape is right, and checks what it says.
func fill(c *Config, text string, tree map[string]toml.Primitive) Problems {
	meta, err := toml.Decode(text, c)
	for name := range c.IRC {
		if err != nil {
			break
		}
		n := defaultIRC()
		p, _ := descend(meta, tree, toml.Key{"irc", name})
		err = meta.PrimitiveDecode(p, &n)
		c.IRC[name] = n
	}
	if c.Matrix != nil && err == nil {
		n := defaultMatrix()
		if c.Matrix.Appservice != nil {
			n.Appservice = defaultAppservice()
		}
		err = meta.PrimitiveDecode(tree["matrix"], &n)
		c.Matrix = &n
	}
	if err != nil {
		return Problems{syntax(c.File, err)}
	}
	ch := checker{Config: c}
	ch.check()
	return ch.problems
}

// syntax is the problem of a text that is no TOML, or of a value that is no
// length of time.
func syntax(file string, err error) Problem {
	p := Problem{File: file, Text: err.Error()}
	if pe, ok := errors.AsType[toml.ParseError](err); ok {
		p.Line, p.Text = pe.Position.Line, pe.Message
		if strings.HasPrefix(pe.Message, "invalid duration") {
			p.Text = pe.LastKey + ": " + pe.Message + `; write, for example, "2s" or "10m"`
		}
	}
	return p
}

// place puts file and line into the problems and sorts them.
func place(ps Problems, file string, meta toml.MetaData, tree map[string]toml.Primitive) Problems {
	for i := range ps {
		ps[i].File = file
		if file != BuiltIn && ps[i].Line == 0 {
			ps[i].Line = line(meta, tree, ps[i].path)
		}
	}
	slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return ps
}

// line finds the line on which the key stands, or begins, or else its table;
// 0 if none is in the file.
func line(meta toml.MetaData, tree map[string]toml.Primitive, path toml.Key) int {
	for ; len(path) > 0; path = path[:len(path)-1] {
		for _, key := range meta.Keys() {
			if !under(key, path) {
				continue
			}
			if n := position(meta, tree, key); n > 0 {
				return n
			}
		}
	}
	return 0
}

// position is the line of a key. The library tells positions only together with
// the error of an Unmarshaler.
func position(meta toml.MetaData, tree map[string]toml.Primitive, key toml.Key) int {
	p, ok := descend(meta, tree, key)
	if !ok {
		return 0
	}
	pe, _ := errors.AsType[toml.ParseError](meta.PrimitiveDecode(p, &locator{}))
	return pe.Position.Line
}

// descend walks down to a key.
func descend(meta toml.MetaData, tree map[string]toml.Primitive, path toml.Key) (toml.Primitive, bool) {
	p, ok := tree[path[0]]
	if !ok || len(path) == 1 {
		return p, ok
	}
	var below map[string]toml.Primitive
	if meta.PrimitiveDecode(p, &below) != nil {
		return p, false
	}
	return descend(meta, below, path[1:])
}

// A locator refuses to be decoded.
type locator struct{}

func (*locator) UnmarshalTOML(any) error { return errors.New("here") }
