package msn

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"msnbridge/msn/wire"
)

// maxFriendly is how many characters of an object's name are said.
const maxFriendly = 60

// objectName is what a msnobj is called: its Friendly is base64 of UTF-16. Empty
// if it has no name.
func objectName(msnobj string) string {
	_, s, _ := strings.Cut(msnobj, ` Friendly="`)
	s, _, ok := strings.Cut(s, `"`)
	b, err := base64.StdEncoding.DecodeString(s)
	if !ok || err != nil {
		return ""
	}
	var units []uint16
	for ; len(b) > 1; b = b[2:] {
		units = append(units, binary.LittleEndian.Uint16(b))
	}
	name := []rune(strings.TrimSpace(wire.Clean(string(utf16.Decode(units)))))
	return string(name[:min(len(name), maxFriendly)])
}
