package wire

import "bytes"

var contentType = []byte("Content-Type")

// Peek is what ParseMessage and Type tell of a payload's content type, in the
// case of letters in which it is written, and of its body. It allocates nothing:
// all points into p.
func Peek(p []byte) (kind, body []byte, err error) {
	for found := false; ; {
		line, rest, ok := bytes.Cut(p, []byte{'\n'})
		if !ok {
			return nil, nil, ErrNoHeader
		}
		p = rest
		line = bytes.TrimSuffix(line, []byte{'\r'})
		if len(line) == 0 {
			return kind, p, nil
		}
		if name, value, ok := bytes.Cut(line, []byte{':'}); ok && !found && bytes.EqualFold(name, contentType) {
			kind, _, _ = bytes.Cut(value, []byte{';'})
			kind, found = bytes.TrimSpace(kind), true
		}
	}
}
