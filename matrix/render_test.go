package matrix

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestRender(t *testing.T) {
	for _, test := range []struct{ kind, content, want string }{
		{"", `{"msgtype":"m.text","body":"hi"}`, "hi"},
		{"", `{"msgtype":"m.notice","body":"hi\r\nyou\r!\u0007\u0000\u009b\ttab"}`, "hi\nyou\n! tab"},
		{"", `{"msgtype":"m.text","body":"> <@a:b> old\n> more\n\nnew","m.relates_to":{"m.in_reply_to":{"event_id":"$x"}}}`, "new"},
		{"", `{"msgtype":"m.text","body":"> only a quote"}`, "> only a quote"},
		{"", `{"msgtype":"m.text","body":"*x*","format":"org.matrix.custom.html","formatted_body":"<em>x</em> &amp; y"}`, "x & y"},
		{"", `{"msgtype":"m.text","body":"plain","format":"other","formatted_body":"<em>x</em>"}`, "plain"},
		{"", `{"msgtype":"m.text","body":"plain","format":"org.matrix.custom.html","formatted_body":"<script>x</script>"}`, "plain"},
		{"", `{"msgtype":"m.image","body":"cat.jpg","info":{"size":120400}}`, "(image: cat.jpg, 120 kB)"},
		{"", `{"msgtype":"m.image","body":"my cat","filename":"cat.jpg","info":{"size":12}}`, "(image: cat.jpg, 12 bytes) my cat"},
		{"", `{"msgtype":"m.file","body":"a\nb.pdf","info":{"size":3200000}}`, "(file: a b.pdf, 3.2 MB)"},
		{"", `{"msgtype":"m.audio","body":"","info":"nonsense"}`, "(audio: no name)"},
		{"", `{"msgtype":"m.location","body":"Home","geo_uri":"geo:1,2"}`, "(location: Home, geo:1,2)"},
		{"", `{"msgtype":"org.example.poll","body":"what?"}`, "what?"},
		{"m.sticker", `{"body":"wave"}`, "(sticker: wave)"},
		{"", `{}`, ""},
		{"", `{"msgtype":"m.text"}`, ""},
		{"", `{"msgtype":"m.text","body":7}`, ""},
		{"", `{"msgtype":["m.text"],"body":"x"}`, ""},
		{"", `[]`, ""},
		{"", `null`, ""},
	} {
		r, ok := render(orSo(test.kind, typeMessage), json.RawMessage(test.content), nil)
		if r.text != test.want && (ok || test.want != "") || ok != (test.want != "") {
			t.Errorf("render(%s) = %q, %v; want %q", test.content, r.text, ok, test.want)
		}
	}
	if r, ok := render(typeMessage, json.RawMessage(`{"msgtype":"m.emote","body":"waves"}`), nil); !ok || !r.emote {
		t.Error("no emote")
	}
}

func TestRenderLong(t *testing.T) {
	body, _ := json.Marshal(map[string]string{"msgtype": "m.text", "body": strings.Repeat("é", maxText)})
	r, ok := render(typeMessage, body, nil)
	if !ok || len(r.text) > maxText || !utf8.ValidString(r.text) {
		t.Errorf("%d bytes", len(r.text))
	}
}

func FuzzRender(f *testing.F) {
	f.Add([]byte(`{"msgtype":"m.text","body":"hi\u0000"}`))
	f.Add([]byte(`{"msgtype":"m.image","body":"x\r\ny","filename":"\u001b"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, _ := render(typeMessage, raw, nil)
		for _, c := range r.text {
			if c != '\n' && unicode.IsControl(c) {
				t.Fatalf("control code %q in %q", c, r.text)
			}
		}
		if !utf8.ValidString(r.text) {
			t.Fatalf("%q", r.text)
		}
	})
}
