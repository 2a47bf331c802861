package matrix

import (
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Limits of a formatted body; what goes beyond them is left out.
const (
	maxHTML  = 128 << 10 // bytes read
	maxDepth = 100       // elements inside one another
)

// htmlText renders a formatted body as readable plain text. Contents of script, style and mx-reply
// are dropped, links are kept.
func htmlText(s string) string {
	if len(s) > maxHTML {
		s = s[:maxHTML]
	}
	w := &htmlWriter{}
	z := html.NewTokenizer(strings.NewReader(s))
	for z.Next() != html.ErrorToken && w.out.Len() < 2*maxText && !w.tooDeep {
		w.token(z.Token())
	}
	for len(w.open) > 0 {
		w.closeTop()
	}
	return strings.Trim(w.out.String(), "\n")
}

// A htmlWriter writes text while it follows the elements. The zero value is ready.
type htmlWriter struct {
	out  strings.Builder
	open []element

	dropped int  // elements open whose contents are not shown
	breaks  int  // line ends due before the next text
	space   bool // a blank is due before the next text
	marked  bool // the mark of a list item is all that stands on the line
	tooDeep bool // an element to drop could not be followed
}

// An element is one that is open.
type element struct {
	tag   string
	href  string // of a link
	start int    // where the contents of a link begin in out
	item  int    // number of the last item in a numbered list
}

// What is dropped with its contents, what stands on lines of its own, and what has an empty line
// around it.
var (
	droppedTags = tags("script", "style", "mx-reply", "head", "title", "template", "iframe", "noscript", "textarea", "svg", "math")
	blockTags   = tags("div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "summary", "details", "dt", "dd", "section", "article", "header", "footer")
	spacedTags  = tags("p")
)

func tags(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set
}

func (w *htmlWriter) token(t html.Token) {
	switch t.Type {
	case html.TextToken:
		w.text(t.Data)
	case html.StartTagToken, html.SelfClosingTagToken:
		w.startTag(t)
	case html.EndTagToken:
		w.endTag(t.Data)
	}
}

// voidTags have no contents and no end tag.
var voidTags = map[atom.Atom]bool{
	atom.Br: true, atom.Hr: true, atom.Img: true, atom.Input: true, atom.Wbr: true, atom.Meta: true,
	atom.Link: true, atom.Col: true, atom.Area: true, atom.Base: true, atom.Embed: true, atom.Source: true,
}

// startTag opens an element. A slash before its end means nothing, as in HTML.
func (w *htmlWriter) startTag(t html.Token) {
	if voidTags[t.DataAtom] {
		w.void(t)
		return
	}
	if len(w.open) >= maxDepth {
		w.tooDeep = droppedTags[t.Data]
		return
	}
	if droppedTags[t.Data] {
		w.dropped++
	}
	w.border(t.Data)
	e := element{tag: t.Data, start: w.out.Len()}
	switch t.Data {
	case "a":
		e.href = attribute(t, "href")
	case "ol":
		e.item = startOf(t)
	}
	w.open = append(w.open, e)
	if t.Data == "li" {
		w.item()
	}
}

func (w *htmlWriter) void(t html.Token) {
	switch t.DataAtom {
	case atom.Br:
		if w.dropped == 0 {
			w.breaks++
			w.space = false
		}
	case atom.Hr:
		w.lineEnd(1)
		w.text("---")
		w.lineEnd(1)
	case atom.Img:
		w.text(attribute(t, "alt"))
	}
}

// endTag closes the innermost such element, and with it those inside that were left open.
func (w *htmlWriter) endTag(tag string) {
	for i := len(w.open) - 1; i >= 0; i-- {
		if w.open[i].tag == tag {
			for len(w.open) > i {
				w.closeTop()
			}
			return
		}
	}
}

func (w *htmlWriter) closeTop() {
	e := w.open[len(w.open)-1]
	if e.href != "" {
		w.link(e)
	}
	w.border(e.tag)
	w.open = w.open[:len(w.open)-1]
	if droppedTags[e.tag] {
		w.dropped--
	}
}

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

func attribute(t html.Token, key string) string {
	for _, a := range t.Attr {
		if a.Key == key {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}

// startOf is the number before the first item of a numbered list.
func startOf(t html.Token) int {
	n, err := strconv.Atoi(attribute(t, "start"))
	if err != nil || n < 0 || n > 1_000_000 {
		return 0
	}
	return n - 1
}
