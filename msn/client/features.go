package client

import (
	"strconv"
	"strings"
)

// Features are what somebody's client can do: a sum of flags (doc/protocol, 02
// section 12).
type Features uint32

// TextOnly is what this package can do: the generation of MSN 7.0 without flags,
// which is texts and nudges.
const TextOnly Features = 0x40000000

// features reads the word of CHG, NLN, ILN, JOI and IRO. From MSNP16 on there are
// two numbers, of which the first is meant.
func features(word string) Features {
	first, _, _ := strings.Cut(word, ":")
	n, _ := strconv.ParseUint(first, 10, 32)
	return Features(n)
}

func (f Features) word() string { return strconv.FormatUint(uint64(f), 10) }

// picture reads the word with an MSNObject. Servers write 0 or an empty object
// for none (doc/protocol, 02 section 6).
func picture(word string) string {
	if object := decode(word); strings.HasPrefix(object, "<msnobj ") {
		return object
	}
	return ""
}
