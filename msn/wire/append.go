package wire

import "strconv"

// AppendCommand writes a command without payload. A byte that would break the
// framing is percent-encoded wherever it stands.
func AppendCommand(b []byte, verb string, words ...string) []byte {
	b = append(b, verb...)
	for _, w := range words {
		b = AppendWord(b, w)
	}
	return AppendEnd(b)
}

// AppendReply writes a command whose first word is a transaction ID.
func AppendReply(b []byte, verb string, trid uint32, words ...string) []byte {
	b = AppendInt(append(b, verb...), int64(trid))
	for _, w := range words {
		b = AppendWord(b, w)
	}
	return AppendEnd(b)
}

// AppendWord writes a blank and a word that needs no encoding: a handle, an
// address, a word of the client's. Blanks and control codes in it are
// percent-encoded all the same, so that nothing gets out of its word.
func AppendWord[T string | []byte](b []byte, w T) []byte {
	b = append(b, ' ')
	for i := 0; i < len(w); i++ {
		if c := w[i]; c <= ' ' || c == 0x7f {
			b = append(b, '%', hexDigits[c>>4], hexDigits[c&15])
		} else {
			b = append(b, c)
		}
	}
	return b
}

// AppendInt writes a blank and a number.
func AppendInt(b []byte, n int64) []byte {
	return strconv.AppendInt(append(b, ' '), n, 10)
}

// AppendEnd ends a command's line.
func AppendEnd(b []byte) []byte { return append(b, '\r', '\n') }

// AppendPayload ends a command's line with the length of its payload, and writes
// the payload.
func AppendPayload(b, payload []byte) []byte {
	return append(AppendEnd(AppendInt(b, int64(len(payload)))), payload...)
}
