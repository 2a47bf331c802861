package matrix

import (
	"bytes"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"msnbridge/bridge"
)

// Limits of a formatted body; what goes beyond them is left out.
const (
	maxHTML  = 128 << 10 // bytes read
	maxDepth = 100       // elements inside one another
)

// readHTML renders a formatted body as readable plain text. Contents of script, style and mx-reply
// are dropped, links are kept. The format is how the text looks, if all of it looks the same. What is
// struck out beside what is not has marks around it, as it means the contrary without.
func readHTML(s string, names namer) (string, bridge.Format) {
	if len(s) > maxHTML {
		s = s[:maxHTML]
	}
	w := &htmlWriter{names: names}
	text, format := w.read(s)
	if w.looks.struck && !format.Strike {
		return (&htmlWriter{names: names, marks: true}).read(s)
	}
	return text, format
}

// read follows a formatted body to its end.
func (w *htmlWriter) read(s string) (string, bridge.Format) {
	z := html.NewTokenizer(strings.NewReader(s))
	for z.Next() != html.ErrorToken && w.out.Len() < 2*maxText {
		w.token(z.Token())
	}
	for len(w.open) > 0 {
		w.closeTop()
	}
	return strings.Trim(w.out.String(), "\n"), w.looks.format()
}

// A htmlWriter writes text while it follows the elements. The zero value is ready.
type htmlWriter struct {
	out   bytes.Buffer
	open  []element
	names namer
	looks looks

	dropped int    // elements open whose contents are not shown
	breaks  int    // line ends due before the next text
	quotes  string // what began the last line
	space   bool   // a blank is due before the next text
	marks   bool   // what is struck out is marked
	marked  bool   // the mark of a list item is all that stands on the line
	beyond  int    // elements open that are too deep to be followed
	skip    string // not empty: one of those whose contents are not shown
	skips   int    // how many of that name are open
}

// An element is one that is open.
type element struct {
	tag   string
	href  string        // of a link
	start int           // where the contents begin in out; -1: there are none yet
	item  int           // number of the last item in a numbered list, or cell in a row
	look  bridge.Format // of its contents
	after string        // what is written at its end
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
	if w.skip != "" {
		w.skipping(t)
		return
	}
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
		w.tooDeep(t.Data)
		return
	}
	if droppedTags[t.Data] {
		w.dropped++
	}
	w.border(t.Data)
	e := element{tag: t.Data, start: -1, look: styled(w.look(), t)}
	if begin := beginnings[t.Data]; begin != nil {
		begin(w, &e, t)
	}
	w.open = append(w.open, e)
	if t.Data == "li" {
		w.item()
	}
}

// beginnings are what some elements do at their beginning.
var beginnings = map[string]func(*htmlWriter, *element, html.Token){
	"a":    func(_ *htmlWriter, e *element, t html.Token) { e.href = attribute(t, "href") },
	"ol":   func(_ *htmlWriter, e *element, t html.Token) { e.item = startOf(t) },
	"td":   func(w *htmlWriter, _ *element, _ html.Token) { w.cell() },
	"th":   func(w *htmlWriter, _ *element, _ html.Token) { w.cell() },
	"span": (*htmlWriter).spoiler,

	"s": (*htmlWriter).strike, "del": (*htmlWriter).strike, "strike": (*htmlWriter).strike,
	"sup": func(w *htmlWriter, _ *element, _ html.Token) { w.mark("^") },
}

// tooDeep opens an element that is not followed: its text is shown as if it stood further up.
func (w *htmlWriter) tooDeep(tag string) {
	if droppedTags[tag] {
		w.skip, w.skips = tag, 1
		return
	}
	w.beyond++
}

// skipping passes over what is in such an element whose contents are not shown.
func (w *htmlWriter) skipping(t html.Token) {
	switch {
	case t.Data != w.skip:
	case t.Type == html.StartTagToken || t.Type == html.SelfClosingTagToken:
		w.skips++
	case t.Type == html.EndTagToken:
		w.skips--
	}
	if w.skips == 0 {
		w.skip = ""
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
		w.text(orSo(orSo(attribute(t, "alt"), attribute(t, "title")), "(image)"))
	}
}

// endTag closes the innermost such element, and with it those inside that were left open.
func (w *htmlWriter) endTag(tag string) {
	if w.beyond > 0 && !droppedTags[tag] {
		w.beyond--
		return
	}
	for i := len(w.open) - 1; i >= 0; i-- {
		if w.open[i].tag == tag {
			for len(w.open) > i {
				w.closeTop()
			}
			w.beyond = 0
			return
		}
	}
}

func (w *htmlWriter) closeTop() {
	e := w.open[len(w.open)-1]
	if e.href != "" {
		w.link(e)
	}
	if e.after != "" && w.dropped == 0 {
		w.space = false
		w.write(e.after)
	}
	w.border(e.tag)
	w.open = w.open[:len(w.open)-1]
	if droppedTags[e.tag] {
		w.dropped--
	}
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
