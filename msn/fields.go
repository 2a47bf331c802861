package msn

import (
	"bytes"
	"strings"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// fields are the words with which MSNP10 and later name somebody: N= is the handle,
// F= the friendly name, C= the GUID, and last may be a group's GUID.
type fields struct {
	handle string
	name   text
	guid   string
	group  string
}

// fieldReaders read a field's value.
var fieldReaders = map[string]func(f *fields, value []byte) error{
	"N": func(f *fields, v []byte) (err error) {
		f.handle, err = readHandle(v)
		return err
	},
	"F": func(f *fields, v []byte) (err error) {
		if len(v) > 0 {
			f.name, err = readName(v)
		}
		return err
	},
	"C": func(f *fields, v []byte) error {
		f.guid = string(v)
		return nil
	},
}

// readFields reads the words after the list in ADC. Each field may be there once.
func readFields(words [][]byte) (f fields, err error) {
	seen := map[string]bool{}
	for i, w := range words {
		key, value, ok := bytes.Cut(w, []byte{'='})
		if !ok && i == len(words)-1 && i > 0 {
			f.group = string(w)
			return f, nil
		}
		read := fieldReaders[string(key)]
		if !ok || read == nil || seen[string(key)] {
			return f, codeInvalid
		}
		seen[string(key)] = true
		if err := read(&f, value); err != nil {
			return f, err
		}
	}
	return f, nil
}

// readHandle reads a handle, in which = and % may be encoded. A telephone (from
// MSNP11) is nobody here.
func readHandle(w []byte) (string, error) {
	s, err := wire.Decode(w)
	switch {
	case err != nil || s == "":
		return "", codeInvalid
	case strings.HasPrefix(strings.ToLower(s), "tel:"):
		return "", codeBadUser
	}
	return s, nil
}

// handleEscapes are what would end a field early, or be decoded: gtmess looks for
// its fields at each = (doc/protocol, 06).
var handleEscapes = strings.NewReplacer("=", "%3D", "%", "%25")

func handleField(handle string) string { return "N=" + handleEscapes.Replace(handle) }

// sameName is the friendly name as the client has said it.
func (f *fields) sameName() string { return "F=" + strings.ReplaceAll(f.name.word, "=", "%3D") }

// nameField is what the forward list calls somebody.
func nameField(e *bridge.Entry) string { return "F=" + encodedName(e) }

func (s *session) guidField(e *bridge.Entry) string { return "C=" + s.guidOf(e) }

// encodedName is an entry's name, or what stands for one that is empty, as a word.
func encodedName(e *bridge.Entry) string {
	return string(appendName(nil, e.Name, e.Spelling())[1:])
}
