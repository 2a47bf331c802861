package web

import (
	"cmp"
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"msnbridge/bridge"
)

// maxName is how long the name of a file is at most, in bytes.
const maxName = 120

// cleanName makes of a name that somebody has chosen one that any system can keep: without a path,
// control codes, signs that turn the direction of writing, and what Windows does not take.
func cleanName(name string) string {
	name = strings.ToValidUTF8(name, "_")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError:
			return -1
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, name)
	name = shorten(strings.Trim(name, ". "), maxName)
	if stem, _, _ := strings.Cut(name, "."); devices[strings.ToUpper(strings.TrimSpace(stem))] {
		name = "_" + name
	}
	return name
}

// devices are names that stand for something else on Windows, whatever they end in.
var devices = func() map[string]bool {
	m := map[string]bool{"CON": true, "PRN": true, "AUX": true, "NUL": true}
	for _, digit := range "0123456789\u00b9\u00b2\u00b3" {
		m["COM"+string(digit)], m["LPT"+string(digit)] = true, true
	}
	return m
}()

// shorten cuts a name to at most limit bytes, but for the end that tells its type.
func shorten(name string, limit int) string {
	if len(name) <= limit {
		return name
	}
	ext := extension(name)
	n := limit - len(ext)
	for n > 0 && !utf8.RuneStart(name[n]) {
		n--
	}
	return strings.TrimRight(name[:n], ". ") + ext
}

// extension is what a name ends in, with its dot, if that looks like a type.
func extension(name string) string {
	ext := path.Ext(name)
	if len(ext) < 2 || len(ext) > 10 || len(ext) == len(name) || strings.ContainsFunc(ext[1:], notPlain) {
		return ""
	}
	return ext
}

func notPlain(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_' && r != '-'
}

// ascii is a name for those that know nothing else: what they may not understand becomes an underscore,
// and many of them one.
func ascii(name string) string {
	ext := extension(name)
	stem := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune("%\\\"", r) {
			return '_'
		}
		return r
	}, strings.TrimSuffix(name, ext))
	for strings.Contains(stem, "__") {
		stem = strings.ReplaceAll(stem, "__", "_")
	}
	return cmp.Or(strings.Trim(stem, "_ "), "file") + ext
}

// linkName is what the address of a file ends in: the shorter the better, but in the type that browsers
// get, as the oldest of them go by that.
func linkName(f bridge.File) string {
	name := cleanName(f.Name)
	ext := cmp.Or(extension(name), extensionOf(f.Type))
	stem := strings.TrimSuffix(name, extension(name))
	if shownAsJPEG[strings.ToLower(ext)] {
		ext = ".jpg"
	}
	stem = strings.Map(func(r rune) rune {
		if notPlain(r) && r != '.' {
			return '_'
		}
		return r
	}, ascii(stem))
	return shorten(stem+ext, maxLinkName)
}

// disposition is the header of this name: what to do with the answer, and how to call it. The second
// form is for those who know RFC 6266; it comes last because others take what they have read first.
func disposition(what, name string) string {
	plain := ascii(name)
	h := what + `; filename="` + plain + `"`
	if plain != name {
		// Not a blank, and nothing else that RFC 5987 wants escaped, is left.
		h += "; filename*=UTF-8''" + strings.ReplaceAll(escape5987(name), "+", "%20")
	}
	return h
}

// escape5987 is url.QueryEscape, which leaves only letters, digits and "-_.~", and makes a blank a plus.
func escape5987(s string) string { return url.QueryEscape(s) }
