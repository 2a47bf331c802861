package matrix

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFix(t *testing.T) {
	for _, test := range []struct{ typed, last, want string }{
		{"s/a/b/", "banana", "bbnana"},
		{"s/a/b/g", "banana", "bbnbnb"},
		{"s/A/b/", "banana", "?"},
		{"s/AN/x/i", "banana", "bxana"},
		{"s/AN/x/gi", "banana", "bxxa"},
		{"s/AN/x/ig ", "banana", "bxxa"},
		{"s/ÄÖ/x/i", "häöß", "hxß"},
		{"s/ana//", "banana", "bna"},
		{`s/a\/b/c/`, "a/b", "c"},
		{`s/c/a\/b/`, "c", "a/b"},
		{`s/a\\/b/`, `a\`, "b"},
		{`s/a\n/b/`, `a\n`, "b"},
		{"s/.*/x/", "banana", "?"},
		{"s/$1/x/", "costs $1", "costs x"},
		{"s/he/she", "he", "-"},
		{"s/he", "he", "-"},
		{"s//x/", "he", "-"},
		{"s/a/b/ is how", "a", "-"},
		{"s/a/b/gg", "a", "-"},
		{"s/a/b/x", "a", "-"},
		{"s/a/b/c/", "a", "-"},
		{" s/a/b/", "a", "-"},
		{"S/a/b/", "a", "-"},
		{"s#a#b#", "a", "-"},
		{"s/a\nb/c/", "a\nb", "-"},
		{"ps/a/b/", "a", "-"},
		{"s/usr/share/", "usr", "share"},
		{"s/", "a", "-"},
		{"s///", "a", "-"},
		{"s/a/\xff/", "a", "\xff"},
	} {
		f, ok := readFix(test.typed)
		got := "-"
		if ok {
			if got, ok = f.apply(test.last); !ok {
				got = "?"
			}
		}
		if got != test.want {
			t.Errorf("%q on %q: %q, want %q", test.typed, test.last, got, test.want)
		}
	}
}

func FuzzFix(f *testing.F) {
	f.Add("s/a/b/gi", "banana")
	f.Add(`s/\//\\/`, "a/b")
	f.Fuzz(func(t *testing.T, typed, last string) {
		fix, ok := readFix(typed)
		if !ok {
			return
		}
		if fix.old == "" || strings.Contains(typed, "\n") || strings.Count(typed, "/") < 3 {
			t.Fatalf("%q is taken for a correction", typed)
		}
		got, ok := fix.apply(last)
		if ok != (got != last) && fix.new != fix.old && !fix.fold {
			t.Fatalf("%q on %q: %q, %v", typed, last, got, ok)
		}
		if ok && !fix.fold && !fix.all && len(got) != len(last)+len(fix.new)-len(fix.old) {
			t.Fatalf("%q on %q: %q", typed, last, got)
		}
	})
}

func TestChanged(t *testing.T) {
	long := strings.Repeat("many words ", 30)
	for _, test := range []struct{ old, now, want string }{
		{"helo", "hello", "hello"},
		{long + "and helo to you all", long + "and hello to you all", "... and hello to ..."},
		{long + "the end", long + "the very end", "... the very end"},
		{"The " + long, "Those " + long, "Those many ..."},
		{long + "a b c", long + "a c", "... a c"},
		{long, strings.ToUpper(long), strings.ToUpper(long)},
		{long, long + "\nand more", "... words \nand more"},
		{strings.Repeat("ä", 100) + " b c", strings.Repeat("ä", 100) + " ö c", strings.Repeat("ä", 100) + " ö c"},
		{long + "schön war es", long + "schöm war es", "... words schöm war ..."},
		{"", long, long},
		{long, "short", "short"},
	} {
		if got := changed(test.old, test.now); got != test.want {
			t.Errorf("%q: %q, want %q", test.now, got, test.want)
		}
	}
}

func FuzzChanged(f *testing.F) {
	f.Add("old text", strings.Repeat("new text ", 30))
	f.Fuzz(func(t *testing.T, old, now string) {
		if !utf8.ValidString(old) || !utf8.ValidString(now) {
			return
		}
		got := changed(old, now)
		if !utf8.ValidString(got) || len(got) > len(now)+len("... ")+len(" ...") {
			t.Fatalf("%q to %q: %q", old, now, got)
		}
		part := strings.TrimSuffix(strings.TrimPrefix(got, "... "), " ...")
		if !strings.Contains(now, part) && !strings.Contains(now, got) {
			t.Fatalf("%q to %q: %q", old, now, got)
		}
	})
}
