package matrix

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestHTMLText(t *testing.T) {
	for _, test := range []struct{ html, want string }{
		{"hello", "hello"},
		{"a &amp; b &lt;c&gt; &eacute;", "a & b <c> é"},
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
		{`<a href="https://matrix.to/#/#go:example.org">go</a>`, "go (https://matrix.to/#/#go:example.org)"},
		{"<ul><li>a</li><li>b</li></ul>", "- a\n- b"},
		{"<ul><li><p>a</p></li><li> b</li></ul>end", "- a\n- b\nend"},
		{`<ol start="3"><li>a</li><li>b</li></ol>`, "3. a\n4. b"},
		{"<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"},
		{"<blockquote>a<br>b</blockquote>c", "> a\n> b\nc"},
		{"<blockquote><p>a</p><blockquote>b</blockquote></blockquote>c", "> a\n> > b\nc"},
		{"x<blockquote>a</blockquote>", "x\n> a"},
		{"<pre><code>a  b\n\tc\n</code></pre>d", "a  b\n    c\nd"},
		{"<h1>T</h1>x", "T\nx"},
		{"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
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
