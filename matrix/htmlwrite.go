package matrix

import (
	"net/url"
	"strconv"
	"strings"
)

// border begins a new line before and after a block.
func (w *htmlWriter) border(tag string) {
	switch {
	case spacedTags[tag] && !w.within("li") && !w.within("blockquote"):
		w.lineEnd(2)
	case blockTags[tag] || spacedTags[tag]:
		w.lineEnd(1)
	case tag == "td" || tag == "th":
		w.space = w.out.Len() > 0 && w.breaks == 0
	}
}

// lineEnd asks for at least n line ends before the next text, if there was any text.
func (w *htmlWriter) lineEnd(n int) {
	if w.dropped > 0 || w.marked {
		return
	}
	if w.out.Len() > 0 {
		w.breaks = max(w.breaks, n)
	}
	w.space = false
}

func (w *htmlWriter) within(tag string) bool {
	for _, e := range w.open {
		if e.tag == tag {
			return true
		}
	}
	return false
}

// item begins an item of a list.
func (w *htmlWriter) item() {
	mark, depth := "- ", 0
	for i := range w.open {
		switch e := &w.open[i]; e.tag {
		case "ul":
			mark = "- "
			depth++
		case "ol":
			mark = ""
			depth++
		}
	}
	if mark == "" {
		mark = w.nextNumber() + ". "
	}
	w.write(strings.Repeat("  ", max(depth-1, 0)) + mark)
	w.marked = w.dropped == 0
}

func (w *htmlWriter) nextNumber() string {
	for i := len(w.open) - 1; i >= 0; i-- {
		if w.open[i].tag == "ol" {
			w.open[i].item++
			return strconv.Itoa(w.open[i].item)
		}
	}
	return "1"
}

// text writes characters of the body, with white space as HTML has it.
func (w *htmlWriter) text(s string) {
	if w.within("pre") {
		w.preformatted(s)
		return
	}
	for s != "" {
		n := strings.IndexAny(s, " \t\r\n\f")
		if n == 0 {
			w.space = w.space || w.out.Len() > 0 && w.breaks == 0 && !w.marked
			s = s[1:]
			continue
		}
		if n < 0 {
			n = len(s)
		}
		w.write(s[:n])
		s = s[n:]
	}
}

func (w *htmlWriter) preformatted(s string) {
	for i, line := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		if i > 0 && w.dropped == 0 && w.out.Len() > 0 {
			w.breaks++
		}
		if line != "" {
			w.write(strings.ReplaceAll(line, "\t", "    "))
		}
	}
}

// write writes s after the line ends and the blank that are due.
func (w *htmlWriter) write(s string) {
	if w.dropped > 0 || s == "" {
		return
	}
	if w.out.Len() == 0 {
		w.out.WriteString(w.quote())
	} else {
		w.out.WriteString(strings.Repeat("\n"+w.quote(), min(w.breaks, 3)))
	}
	if w.space && w.breaks == 0 {
		w.out.WriteByte(' ')
	}
	w.breaks, w.space, w.marked = 0, false, false
	w.out.WriteString(s)
}

// quote is what begins a line in block quotes.
func (w *htmlWriter) quote() string {
	n := 0
	for _, e := range w.open {
		if e.tag == "blockquote" {
			n++
		}
	}
	return strings.Repeat("> ", min(n, 5))
}

// link writes where a link leads, unless its text says so.
func (w *htmlWriter) link(e element) {
	u, err := url.Parse(e.href)
	if err != nil || w.dropped > 0 || !linkSchemes[strings.ToLower(u.Scheme)] || isMention(u) {
		return
	}
	shown := ""
	if e.start <= w.out.Len() {
		shown = strings.TrimSpace(w.out.String()[e.start:])
	}
	switch {
	case sameLink(shown, e.href):
	case shown == "":
		w.write(e.href)
	default:
		w.space = true
		w.write("(" + e.href + ")")
	}
}

// linkSchemes are those of the specification (client-server API, 11.2.1.1).
var linkSchemes = map[string]bool{"http": true, "https": true, "ftp": true, "mailto": true, "magnet": true}

// isMention tells links that stand for a person, whose name is the text.
func isMention(u *url.URL) bool {
	return u.Host == "matrix.to" && strings.HasPrefix(strings.TrimPrefix(u.Fragment, "/"), "@")
}

func sameLink(shown, href string) bool {
	return bareLink(shown) == bareLink(href)
}

func bareLink(s string) string {
	for _, prefix := range []string{"https://", "http://", "mailto:"} {
		s = strings.TrimPrefix(s, prefix)
	}
	return strings.TrimSuffix(s, "/")
}
