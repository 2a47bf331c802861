package matrix

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"msnbridge/bridge"
)

func htmlText(s string) string {
	text, _ := readHTML(s, nil)
	return text
}

func TestHTMLText(t *testing.T) {
	for _, test := range []struct{ html, want string }{
		{"hello", "hello"},
		{"a &amp; b &lt;c&gt; &eacute;", "a & b <c> é"},
		{"I <del>hate</del> <s>do not like</s> love <strike><b>it <del>so</del></b></strike>", "I ~~hate~~ ~~do not like~~ love ~~it so~~"},
		{"<del>all</del> <del>of it</del>", "all of it"},
		{"a <mx-reply><sup>x</sup><del>x</del></mx-reply>b <del>c</del>", "a b ~~c~~"},
		{"x<sup>2</sup> of H<sub>2</sub>O", "x^2 of H2O"},
		{"<b>bold</b> and <i>it</i>", "bold and it"},
		{"one<br>two<br/>three", "one\ntwo\nthree"},
		{"one<br><br><br><br><br>two", "one\n\n\ntwo"},
		{"<p>one</p><p>two</p>", "one\n\ntwo"},
		{"  a\n  b  ", "a b"},
		{"<script>alert(1)</script>x<style>p{}</style>y", "xy"},
		{"<script/>alert(1)</script>x", "x"},
		{"<mx-reply><blockquote>old <b>text</b></blockquote></mx-reply>new", "new"},
		{"<mx-reply><mx-reply>a</mx-reply>b</mx-reply>new", "new"},
		{`<a href="https://example.org/x">here</a>`, "here (https://example.org/x)"},
		{`see <a href="https://example.org/">example.org</a>!`, "see example.org!"},
		{`<a href="https://example.org/">https://example.org/</a>`, "https://example.org/"},
		{`<a href="https://example.org/"></a>`, "https://example.org/"},
		{`<a href="javascript:alert(1)">x</a>`, "x"},
		{`<a href="mailto:bob@example.org">bob@example.org</a>`, "bob@example.org"},
		{`<a href="https://matrix.to/#/@bob:example.org">Bob</a>: hi`, "Bob: hi"},
		{`<a href="https://matrix.to/#/#go:example.org">go</a>`, "go (#go:example.org)"},
		{`<a href="https://matrix.to/#/%23go:example.org?via=x">#go:example.org</a>`, "#go:example.org"},
		{`<a href="https://matrix.to/#/!r:x/$e">that</a>`, "that (https://matrix.to/#/!r:x/$e)"},
		{`ask <a href="https://matrix.to/#/@bob:example.org">@bob:example.org</a>!`, "ask @bob:example.org!"},
		{`<a href="matrix:u/bob:example.org?action=chat">Bob</a>`, "Bob"},
		{`<a href="ftp://example.org/">x</a> <a href="magnet:?x">y</a>`, "x y"},
		{`<a href="https://bank.example">https://evil.example</a>`, "https://evil.example (https://bank.example)"},
		{"<a href=\"https://x\u202e/\">y</a>", "y"},
		{`<span data-mx-spoiler="the end">he dies</span>.`, "(spoiler, the end: he dies)."},
		{`so <span data-mx-spoiler>he <b>dies</b></span>`, "so (spoiler: he dies)"},
		{"<details><summary>More</summary>inside</details>x", "More\ninside\nx"},
		{`<img title="a cat" src="mxc://x/y"><img src="mxc://x/z">`, "a cat(image)"},
		{"see <code>x &lt; y</code>", "see x < y"},
		{"<ul><li>a</li><li>b</li></ul>", "- a\n- b"},
		{"<ul><li><p>a</p></li><li> b</li></ul>end", "- a\n- b\nend"},
		{`<ol start="3"><li>a</li><li>b</li></ol>`, "3. a\n4. b"},
		{"<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"},
		{"<blockquote>a<br>b</blockquote>c", "> a\n> b\nc"},
		{"<blockquote><p>a</p><blockquote>b</blockquote></blockquote>c", "> a\n> > b\nc"},
		{"x<blockquote>a</blockquote>", "x\n> a"},
		{"<pre><code>a  b\n\tc\n</code></pre>d", "a  b\n    c\nd"},
		{"<h1>T</h1>x", "T\nx"},
		{"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a | b\nc"},
		{`<img src="mxc://x/y" alt=":cat:">`, ":cat:"},
		{"<b>unclosed <i>tags", "unclosed tags"},
		{"</b></p>x", "x"},
		{"a<hr>b", "a\n---\nb"},
		{strings.Repeat("<div>", 5000) + "x", "x"},
		{strings.Repeat("<div>", 5000) + "<mx-reply>secret</mx-reply>", ""},
		{strings.Repeat("<div>", 5000) + "a<script>x</script>b<mx-reply>x<mx-reply>x</mx-reply>x</mx-reply>c", "abc"},
		{"<div><mx-reply>" + strings.Repeat("<div>", 200) + "x" + strings.Repeat("</div>", 200) + "x</mx-reply>new</div>!", "new\n!"},
		{"<mx-reply>" + strings.Repeat("<p>", 200) + "x</mx-reply>new", "new"},
		{"<textarea>x</textarea>y", "y"},
		{"<!-- no -->y", "y"},
		{"", ""},
	} {
		if got := htmlText(test.html); got != test.want {
			t.Errorf("htmlText(%.60q) = %q; want %q", test.html, got, test.want)
		}
	}
}

func TestHTMLFormat(t *testing.T) {
	bold, red := bridge.Format{Bold: true}, bridge.Format{Color: bridge.RGB(0xff0000)}
	for html, want := range map[string]bridge.Format{
		"plain":                               {},
		"<b>x</b>":                            bold,
		" <strong>x <!-- y -->y</strong>\n":   bold,
		"<b>x</b> y":                          {},
		"x <b>y</b>":                          {},
		"<h1>x</h1>":                          bold,
		"<p><b>x</b></p><p><b>y</b></p>":      bold,
		"<b><i><u><del>x</del></u></i></b>":   {Bold: true, Italic: true, Underline: true, Strike: true},
		`<font color="#ff0000">x</font>`:      red,
		`<font color="Red">x</font>`:          red,
		`<span data-mx-color="#f00">x</span>`: red,
		`<span data-mx-color="#ff0000" data-mx-bg-color="#000000">x</span>`:   red,
		`<span data-mx-color="red;x">x</span>`:                                {},
		`<span data-mx-color="#ff00000">x</span>`:                             {},
		`<font color="#00ff00"><span data-mx-color="#ff0000">x</span></font>`: red,
		"<ul><li><b>x</b></li></ul>":                                          bold,
		"<pre><b>x\n\ny</b></pre>":                                            bold,
		`<b><img alt=":cat:"></b>`:                                            bold,
		`<b><a href="https://x">y</a></b>`:                                    bold,
		"<b>x</b><script>y</script>":                                          bold,
		"<b>x":                                                                bold,
		strings.Repeat("<b>", 5000) + "x":                                     bold,
		"":                                                                    {},
	} {
		if text, got := readHTML(html, nil); got != want {
			t.Errorf("%.60q is %q in %q; want %q", html, text, got, want)
		}
	}
}

func TestHTMLNames(t *testing.T) {
	names := func(user string) string { return map[string]string{"@bob:x": "Bob"}[user] }
	for html, want := range map[string]string{
		`<a href="https://matrix.to/#/@bob:x">@bob:x</a>: hi`:                                "Bob: hi",
		`<a href="https://matrix.to/#/@bob:x"></a>: hi`:                                      "Bob: hi",
		`<a href="https://matrix.to/#/%40bob%3Ax">Bobby</a>`:                                 "Bobby",
		`<a href="https://matrix.to/#/@eve:x">@eve:x</a>`:                                    "@eve:x",
		`<p>a</p><blockquote><a href="https://matrix.to/#/@bob:x">@bob:x</a> b</blockquote>`: "a\n\n> Bob b",
		`<a href="matrix:u/bob:x">@bob:x</a>`:                                                "Bob",
	} {
		if got, _ := readHTML(html, names); got != want {
			t.Errorf("%q is %q; want %q", html, got, want)
		}
	}
}

func FuzzHTML(f *testing.F) {
	f.Add("<p>a</p><script>SECRET</script>")
	f.Add(`<a href="https://x">y</a><ul><li>z`)
	f.Add("<mx-reply>x</mx-reply>\x00\r\n&#13;&#x7;")
	f.Fuzz(func(t *testing.T, s string) {
		text := cleanText(htmlText(s))
		if !utf8.ValidString(text) || len(text) > maxText {
			t.Fatalf("%d bytes, valid %v", len(text), utf8.ValidString(text))
		}
		for _, r := range text {
			if r != '\n' && unicode.IsControl(r) {
				t.Fatalf("control code %q in %q", r, text)
			}
		}
	})
}

func FuzzHTMLDropped(f *testing.F) {
	f.Add("<p>", "inside")
	f.Fuzz(func(t *testing.T, before, inside string) {
		if strings.ContainsAny(before+inside, "<>&!-") {
			return
		}
		got := htmlText(before + "<mx-reply><b>" + inside + "</b></mx-reply><script>" + inside + "</script>")
		if want := htmlText(before); got != want {
			t.Fatalf("%q; want %q", got, want)
		}
	})
}
