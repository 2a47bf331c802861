package matrix

import (
	"net/url"
	"strings"
	"unicode"
)

// maxLink is how long an address is at most, in bytes; a longer one is left out.
const maxLink = 2048

// linkSchemes are the kinds of addresses that are shown.
var linkSchemes = map[string]bool{"http": true, "https": true, "mailto": true}

// link ends a link: it writes where it leads, unless its text says so. Links to people and rooms of
// Matrix become their names.
func (w *htmlWriter) link(e element) {
	u, err := url.Parse(e.href)
	if err != nil || w.dropped > 0 || len(e.href) > maxLink || strings.ContainsFunc(e.href, unfitForLink) {
		return
	}
	shown := ""
	if e.start >= 0 {
		shown = strings.TrimSpace(string(w.out.Bytes()[e.start:]))
	}
	if id, ok := pillOf(e.href); ok {
		w.pill(e, shown, id)
		return
	}
	switch {
	case !linkSchemes[strings.ToLower(u.Scheme)], bareLink(shown) == bareLink(e.href):
	case shown == "":
		w.write(e.href)
		w.see()
	default:
		w.space = true
		w.write("(" + e.href + ")")
	}
}

func unfitForLink(r rune) bool {
	return unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r)
}

func bareLink(s string) string {
	for _, prefix := range []string{"https://", "http://", "mailto:"} {
		s = strings.TrimPrefix(s, prefix)
	}
	return strings.TrimSuffix(s, "/")
}

// pill ends a link to somebody or to a room: a name stays, an identifier becomes one.
func (w *htmlWriter) pill(e element, shown, id string) {
	name := id
	if w.names != nil && id[0] == '@' {
		name = orSo(w.names(id), id)
	}
	switch {
	case shown == "":
		w.write(name)
		w.see()
	case shown == id || shown == e.href:
		w.out.Truncate(e.start)
		w.out.WriteString(name)
	case id[0] == '#':
		w.space = true
		w.write("(" + id + ")")
	}
}

// pillOf is the user ID or room alias that a link stands for.
func pillOf(href string) (id string, ok bool) {
	id, err := parseReference(href)
	return id, err == nil && (id[0] == '@' || id[0] == '#')
}
