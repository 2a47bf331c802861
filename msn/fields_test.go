package msn

import (
	"bytes"
	"strings"
	"testing"
)

func TestFields(t *testing.T) {
	for line, want := range map[string]fields{
		"N=bob@x.test":                    {handle: "bob@x.test"},
		"F=Bob%20B N=b%3Db%25@x.test g":   {handle: "b=b%@x.test", name: text{"Bob%20B", "Bob B"}, group: "g"},
		"N=a@x.test F=":                   {handle: "a@x.test"},
		"C=123 456":                       {guid: "123", group: "456"},
		"N=bob@x.test F=Fr%fch":           {handle: "bob@x.test", name: text{"Fr%fch", "Früh"}},
		"N=bob@x.test F=a=b%0d%0aADC C=1": {handle: "bob@x.test", name: text{"a%3DbADC", "a=bADC"}, guid: "1"},
	} {
		got, err := readFields(bytes.Fields([]byte(line)))
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", line, got, err)
		}
	}
	for line, want := range map[string]code{
		"bob@x.test":                    codeInvalid,
		"X=bob@x.test":                  codeInvalid,
		"=bob@x.test":                   codeInvalid,
		"N=":                            codeInvalid,
		"N=a@x.test N=b@x.test":         codeInvalid,
		"N=a@x.test group F=A":          codeInvalid,
		"N=TEL:+1202 F=Mum":             codeBadUser,
		"N=a@x.test F=%9f":              codeBadName,
		"F=" + strings.Repeat("a", 388): codeBadName,
	} {
		if _, err := readFields(bytes.Fields([]byte(line))); err != want {
			t.Errorf("%s: %v, want %v", line, err, want)
		}
	}
}

// Whatever is read can be written again: as one word, with one =, and it is read as
// the same.
func FuzzFields(f *testing.F) {
	for _, line := range []string{
		"N=bob@x.test F=Bob", "C=07e9b6a0-3d0c-5a4c-8a4e-4f0a6d1f5c11 1", "N=%3D%25%@x F=%E4%FF", "N=a%0d%0ab@x", "N==", "F=%00",
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		got, err := readFields(bytes.Fields(line))
		if err != nil || got.handle == "" {
			return
		}
		word := handleField(got.handle)
		again, err := readFields([][]byte{[]byte(word)})
		if err != nil || again.handle != got.handle {
			t.Errorf("%q was written as %q, and is read as %q, %v", got.handle, word, again.handle, err)
		}
		if strings.Count(word, "=") != 1 || strings.ContainsAny(got.name.word, "\r\n\x00 ") {
			t.Errorf("written as %q F=%q", word, got.name.word)
		}
	})
}
