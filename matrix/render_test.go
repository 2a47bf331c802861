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
		{"", `{"msgtype":"m.location","body":"geo:1,2","geo_uri":"geo:1,2"}`, "(location: geo:1,2)"},
		{"", `{"msgtype":"m.location","body":"x","m.location":{"uri":"geo:1,2","description":"Caf\u00e9"}}`, "(location: Café, geo:1,2)"},
		{"", `{"msgtype":"m.location","body":"x","geo_uri":"https://evil.example"}`, "(location: x)"},
		{"", `{"msgtype":"m.audio","body":"v.ogg","info":{"duration":61500,"size":2000},"org.matrix.msc3245.voice":{}}`, "(voice message, 1:02, 2 kB)"},
		{"", `{"msgtype":"m.audio","body":"v.ogg","info":{"duration":-1,"size":-5}}`, "(audio: v.ogg)"},
		{"", `{"msgtype":"m.key.verification.request","body":"x"}`, phrases["m.key.verification.request"]},
		{"m.poll.start", `{"m.poll":{"question":{"m.text":[{"body":"<b>Q</b>","mimetype":"text/html"},{"body":"Q"}]},"answers":[{"m.text":[{"body":"A"}]},{}]}}`, "(poll) Q\n1. A\n2. ?"},
		{"m.poll.start", `{"m.text":[{"body":"only words"}]}`, "(poll) only words"},
		{"m.poll.start", `{"m.poll":[]}`, ""},
		{"m.poll.start", `{}`, ""},
		{"m.call.invite", `{"call_id":"1"}`, textCall},
		{"m.call.invite", `{}`, ""},
		{"m.call.answer", `{"call_id":"1"}`, ""},
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

// No content, however odd, becomes anything but plain text.
func FuzzRender(f *testing.F) {
	f.Add([]byte(`{"msgtype":"m.text","body":"hi\u0000"}`))
	f.Add([]byte(`{"msgtype":"m.image","body":"x\r\ny","filename":"\u001b"}`))
	f.Add([]byte(`{"msgtype":"m.location","body":"x","geo_uri":"geo:1,2\r","m.location":{"uri":"geo:\u0007","description":"\u0000"}}`))
	f.Add([]byte(`{"msgtype":"m.audio","body":"x","org.matrix.msc3245.voice":{},"info":{"duration":1,"size":-1}}`))
	f.Add([]byte(`{"m.poll":{"question":{"m.text":[{"body":"\u0007"}]},"answers":[{"m.text":[{"body":"\n"}]}]}}`))
	f.Add([]byte(`{"org.matrix.msc3381.poll.start":{"question":{"body":"x"},"answers":7}}`))
	f.Add([]byte(`{"msgtype":"m.text","body":"x","format":"org.matrix.custom.html","formatted_body":"<a href='https://matrix.to/#/@b:x'>@b:x</a>"}`))
	names := func(user string) string { return cleanName(user) }
	f.Fuzz(func(t *testing.T, raw []byte) {
		for kind := range renderers {
			r, _ := render(kind, raw, names)
			for _, c := range r.text {
				if c != '\n' && unicode.IsControl(c) {
					t.Fatalf("%s: control code %q in %q", kind, c, r.text)
				}
			}
			if !utf8.ValidString(r.text) || len(r.text) > 2*maxText {
				t.Fatalf("%s: %d bytes, %.100q", kind, len(r.text), r.text)
			}
		}
	})
}

func FuzzQuoted(f *testing.F) {
	f.Add("first words\u202e and more", "> <@a:b> c\n\nd")
	f.Fuzz(func(t *testing.T, text, body string) {
		q := firstWords(text)
		if strings.ContainsFunc(q, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) ||
			utf8.RuneCountInString(q) > maxQuote+len("...") || !utf8.ValidString(q) {
			t.Fatalf("%q is quoted as %q", text, q)
		}
		if rest, _ := cutFallback(body); !strings.HasSuffix(body, rest) {
			t.Fatalf("%q becomes %q", body, rest)
		}
	})
}
