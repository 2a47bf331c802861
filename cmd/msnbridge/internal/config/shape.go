package config

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// wild stands for a name that users choose in the path of a key.
const wild = "*"

// known maps every key that there may be, written in full, to its type.
var known = describe(reflect.TypeFor[Config](), "", map[string]string{})

// describe collects the keys of t into keys.
func describe(t reflect.Type, prefix string, keys map[string]string) map[string]string {
	for f := range fields(t) {
		path := prefix + f.Tag.Get("toml")
		switch ft := indirect(f.Type); ft.Kind() {
		case reflect.Struct:
			keys[path] = "Hash"
			describe(ft, path+".", keys)
		case reflect.Map:
			keys[path], keys[path+"."+wild] = "Hash", "Hash"
			describe(ft.Elem(), path+"."+wild+".", keys)
		default:
			keys[path] = kinds[ft.Kind()]
		}
	}
	return keys
}

func indirect(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// fields yields the fields of t that stand in the file.
func fields(t reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if f := t.Field(i); f.Tag.Get("toml") != "-" && !yield(f) {
				return
			}
		}
	}
}

// kinds maps Go's kinds to TOML's types, as the library names them.
var kinds = map[reflect.Kind]string{
	reflect.String: "String", reflect.Bool: "Bool", reflect.Int: "Integer", reflect.Slice: "Array",
	reflect.Int64: "String", // a time.Duration
}

// remedies says how a value of each type is written.
var remedies = map[string]string{
	"String":  `text in quotes ("...")`,
	"Bool":    "true or false",
	"Integer": "a whole number without quotes",
	"Array":   `a list of texts (["...", "..."])`,
	"Hash":    "a table of its own ([%s])",
}

// shape finds keys that there are not and values of the wrong type.
func shape(meta toml.MetaData, tree map[string]toml.Primitive) Problems {
	var ps Problems
	for _, key := range meta.Keys() {
		if slices.ContainsFunc(ps, func(p Problem) bool { return under(key, p.path) }) {
			continue
		}
		want := known[general(key)]
		switch got := meta.Type(key...); {
		case want == "":
			odd := stranger(key)
			ps.add(odd, "there is no such key%s", advice(odd))
		case got != want && !(want == "Hash" && got == ""): // a table that only its sub-tables imply has no type
			ps.add(key, "must be %s", remedy(want, key))
		case want == "Array" && !texts(meta, tree, key):
			ps.add(key, "must be %s", remedies[want])
		}
	}
	return ps
}

// stranger is the shortest part of an unknown key that is unknown itself.
func stranger(key toml.Key) toml.Key {
	for n := range key {
		if known[general(key[:n+1])] == "" {
			return key[:n+1]
		}
	}
	return key
}

// texts tells whether a list holds nothing but texts.
func texts(meta toml.MetaData, tree map[string]toml.Primitive, key toml.Key) bool {
	p, ok := descend(meta, tree, key)
	return ok && meta.PrimitiveDecode(p, &[]string{}) == nil
}

func remedy(kind string, key toml.Key) string {
	if kind == "Hash" {
		return fmt.Sprintf(remedies[kind], key)
	}
	return remedies[kind]
}

// under tells whether key is above, or stands below it.
func under(key, above toml.Key) bool {
	return len(key) >= len(above) && slices.Equal(key[:len(above)], above)
}

// general writes a key with the names that users choose replaced.
func general(key toml.Key) string {
	parts := slices.Clone(key)
	if len(parts) > 1 && parts[0] == "irc" {
		parts[1] = wild
	}
	return strings.Join(parts, ".")
}

// advice names the key that was probably meant.
func advice(key toml.Key) string {
	siblings := below(key[:len(key)-1])
	last := key[len(key)-1]
	if s := nearest(last, siblings); s != "" {
		return fmt.Sprintf("; did you mean %q?", s)
	}
	if elsewhere := ending(last); elsewhere != "" {
		return fmt.Sprintf("; did you mean %q?", elsewhere)
	}
	return "; known here are: " + strings.Join(siblings, ", ")
}

// below lists the last parts of the known keys in a table, sorted.
func below(table toml.Key) []string {
	prefix := general(table)
	if prefix != "" {
		prefix += "."
	}
	var names []string
	for k := range known {
		if rest, ok := strings.CutPrefix(k, prefix); ok && rest != wild && !strings.Contains(rest, ".") {
			names = append(names, rest)
		}
	}
	slices.Sort(names)
	return names
}

// ending finds the first key, in the outermost table, whose last part is name.
func ending(name string) string {
	var hits []string
	for k := range known {
		if strings.HasSuffix(k, "."+name) {
			hits = append(hits, strings.Replace(k, wild, "NAME", 1))
		}
	}
	if len(hits) == 0 {
		return ""
	}
	return slices.MinFunc(hits, func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.Count(a, "."), strings.Count(b, ".")), cmp.Compare(a, b))
	})
}
