package msn

import "msnbridge/msn/wire"

// maxName is the longest encoded friendly name, in bytes (draft, 5.5).
const maxName = 387

// appendName writes a friendly name, or what stands for one that is empty.
func appendName(b []byte, name, instead string) []byte {
	at := len(b)
	b = wire.AppendEncoded(b, name, maxName)
	if len(b) == at+1 {
		b = wire.AppendEncoded(b[:at], instead, maxName)
	}
	return b
}

// A text is a word of the client's that is text: as it came, for the echo, and
// what it says.
type text struct {
	word  string
	value string
}

// textOf decodes a word that may have at most max bytes encoded; tooLong is the
// error if it has more, or is no text at all.
func textOf(w []byte, max int, tooLong code) (text, error) {
	s, err := wire.Decode(w)
	if err != nil || len(w) > max || wire.EncodedLen(s) > max {
		return text{}, tooLong
	}
	t := text{string(w), wire.Clean(s)}
	if t.value != s {
		t.word = wire.Encode(t.value)
	}
	if t.value == "" {
		return text{}, tooLong
	}
	return t, nil
}
