package passport

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"msnbridge/bridge"
)

// scheme begins what a client shows of itself.
const scheme = "passport1.4"

// A credential is who somebody says to be.
type credential struct {
	handle   string
	password bridge.Secret
}

// credentials reads the value of an Authorization header; false if it is of
// another scheme. Clients differ: the handle is escaped or not, MSN.pm leaves a
// brace behind, and what comes in which order is theirs (doc/protocol, 07 point
// 12). What is missing is empty.
func credentials(header string) (credential, bool) {
	header = strings.TrimLeft(header, " \t{")
	if len(header) < len(scheme) || !strings.EqualFold(header[:len(scheme)], scheme) {
		return credential{}, false
	}
	vs := values(header[len(scheme):])
	handle := strings.Trim(unescape(vs["sign-in"]), " \t{}")
	return credential{handle, bridge.Secret(unescape(vs["pwd"]))}, true
}

// values are the words KEY=VALUE of a header, of each key the first. What is no
// such word belongs to the value before it: its writer has not escaped a comma.
func values(list string) map[string]string {
	vs := map[string]string{}
	last, open := "", false
	for word := range strings.SplitSeq(list, ",") {
		key, value, ok := strings.Cut(word, "=")
		if !ok {
			if open {
				vs[last] += "," + word
			}
			continue
		}
		key = strings.ToLower(strings.Trim(key, " \t{}"))
		_, again := vs[key]
		if last, open = key, !again; open {
			vs[key] = strings.Trim(value, " \t")
		}
	}
	return vs
}

// unescape undoes percent-encoding. What is not encoded stands for itself.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return decode(s)
	}
	if plain, err := url.PathUnescape(s); err == nil {
		return decode(plain)
	}
	var b strings.Builder
	for len(s) > 0 {
		n := 1
		if plain, err := url.PathUnescape(s[:min(3, len(s))]); err == nil && s[0] == '%' {
			b.WriteString(plain)
			n = 3
		} else {
			b.WriteByte(s[0])
		}
		s = s[n:]
	}
	return decode(b.String())
}

// decode makes UTF-8 of the bytes of a text, which old clients send in the code
// page of Western Windows.
func decode(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	plain, err := charmap.Windows1252.NewDecoder().String(s)
	if err != nil {
		return s
	}
	return plain
}
