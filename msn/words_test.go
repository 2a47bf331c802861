package msn

import (
	"encoding/xml"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestReadPersonal(t *testing.T) {
	song := `\0Music\01\0{0} - {1}\0Title\0Artist\0Album\0id\0`
	for in, want := range map[string]personal{
		"":      {},
		" \r\n": {},
		"<Data><PSM>tea &amp; &lt;cake&gt; &quot;&apos;</PSM><CurrentMedia></CurrentMedia></Data>": {Note: `tea & <cake> "'`},
		"<Data><PSM/><CurrentMedia>" + song + "</CurrentMedia></Data>":                             {Media: song},
		"<Data><CurrentMedia/><PSM>a</PSM></Data>":                                                 {Note: "a"},
		"<Data><PSM>a</PSM><MachineGuid>{b}</MachineGuid><X><PSM>c</PSM></X></Data>":               {Note: "a"},
		"<Data></Data>": {},
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<Data>\r\n<PSM>a</PSM></Data>":                    {Note: "a"},
		"<Data><PSM>AT&T & co</PSM></Data>":                                                              {Note: "AT&T & co"},
		"<Data><PSM>one\r\nOUT\x00&#10;&#13;\tx</PSM></Data>":                                            {Note: "one  OUT    x"},
		"<Data><PSM>100% %41</PSM></Data>":                                                               {Note: "100% %41"},
		" <Data><PSM>100%25%20%3Ctea%3E%0D%0AOUT%C3%A9</PSM></Data>":                                     {Note: "100% <tea>  OUTé"}, // gtmess
		"<Data><PSM>\xff</PSM></Data>":                                                                   {Note: "\uFFFD"},
		"<Data><PSM>" + strings.Repeat("é", 300) + "</PSM></Data>":                                       {Note: strings.Repeat("é", maxNote)},
		"<Data><CurrentMedia>a song</CurrentMedia></Data>":                                               {},
		`<Data><CurrentMedia>\0Music\00\0{0}\0Title\0</CurrentMedia></Data>`:                             {},
		`<Data><CurrentMedia>\0Music\01\0{0}\0` + strings.Repeat("a", 3000) + `\0</CurrentMedia></Data>`: {},
	} {
		got, err := readPersonal([]byte(in))
		if got.XMLName = (xml.Name{}); err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{"hello", "<Data><PSM>a", "<EndpointData><PSM>a</PSM></EndpointData>", "<Data>" + strings.Repeat("<a>", 2000)} {
		if got, err := readPersonal([]byte(in)); err == nil || got.Note+got.Media != "" {
			t.Errorf("%.40q: %+v", in, got)
		}
	}
}

func TestPlaying(t *testing.T) {
	for in, want := range map[string]string{
		`\0Music\01\0{0} - {1}\0Title\0Artist\0Album\0id\0`: "♫ Title - Artist",
		`iTunes\0Music\01\0{1}: {0}\0Title\0Artist\0`:       "♫ Artist: Title",
		`\0Games\01\0Playing {0}\0Chess\0`:                  "Playing Chess",
		`\0Office\01\0{0}\0Writing\0\0`:                     "Writing",
		`\0Music\01\0{0}{9}{10}\0{1}\0two\0`:                "♫ {1}{9}{10}",
		`\0Music\00\0{0}\0Title\0`:                          "",
		`\0Music\01\0{0}\0\0`:                               "",
		`\0Music\01\0{0}`:                                   "",
		`Music`:                                             "",
		``:                                                  "",
		`\0Music\01\0` + strings.Repeat("x", 300) + `\0Title\0`: "",
	} {
		if got := playing(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestFeaturesOf(t *testing.T) {
	for in, want := range map[string]string{
		"1342472228": "1342472228", "4294967295": "4294967295", "2416181284:00": "2416181284", "2147745828:0": "2147745828",
		"0": "", "00": "", "": "", ":": "", "-1": "", "4294967296": "", "99999999999999999999": "", "1e3": "", "0x10": "", "a": "", "007": "7",
	} {
		if got := featuresOf([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

const aPicture = "%3Cmsnobj%20Creator%3D%22alice%40msn%2Etest%22%20Size%3D%225361%22%20Type%3D%223%22%20Location%3D%22amsn%2Etmp%22%20" +
	"Friendly%3D%22AAA%3D%22%20SHA1D%3D%22P9TEjRVbrA7FyLJflMeDJetCBik%3D%22%20SHA1C%3D%22FppvHldr4AbzPZ9hkMIQ2vcgE48%3D%22%2F%3E"

func TestPictureOf(t *testing.T) {
	for in, shown := range map[string]bool{
		aPicture:                                   true,
		"%3Cmsnobj%20Creator=%22a%22%20/%3E":       true,
		"%3Cmsnobj%20Location=%22a%26amp;b%22/%3E": true,
		"0":                              false,
		"":                               false,
		"%3Cmsnobj%2F%3E":                false,
		"%3Cmsnobj%20Creator=%22a%22%3E": false,
		"%3Cmsnobj%20Creator=%22a%0D%0AOUT%22/%3E":                       false,
		"%3Cmsnobj%20Creator=%22a%00%22/%3E":                             false,
		"%3Cmsnobj%20Creator=%22a%FF%9F%22/%3E":                          false,
		"%3Cmsnobj%20Creator=%22a%22/%3E%3Cmsnobj%20/%3E":                false,
		"%3Cmsnobj%20Creator=%22a%22%3E%3C/msnobj%3E":                    false,
		"%3Cmsnobj%20Creator=a/%3E":                                      false,
		"%3Cmsnobjects%20Creator=%22a%22/%3E":                            false,
		"%3Cmsnobj%20Creator=%22\xc3\xa9%22/%3E":                         false,
		"%3Cmsnobj%20Creator=%22" + strings.Repeat("a", 500) + "%22/%3E": false,
	} {
		if got := pictureOf([]byte(in)); got != "" && got != in || (got != "") != shown {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestAppendEscaped(t *testing.T) {
	for _, c := range []struct {
		in      string
		max     int
		percent bool
		want    string
	}{
		{`a<b>&"'`, 99, false, "a&lt;b&gt;&amp;&quot;&apos;"},
		{"100%", 99, false, "100%"},
		{"100%", 99, true, "100%25"},
		{"100%", 5, true, "100"},
		{"ab&", 6, false, "ab"},
		{"aéé", 4, false, "aé"},
		{"a\x00\r\n\u0085\uFFFE\xff", 99, false, "a\uFFFD"},
	} {
		if got := string(appendEscaped(nil, c.in, c.max, c.percent)); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

// Whatever a client sends in UUX or CHG, what others are sent is one line or one
// well-formed payload within the bounds of their clients.
func FuzzPersonal(f *testing.F) {
	f.Add([]byte("<Data><PSM>tea &amp; cake</PSM><CurrentMedia>\\0Music\\01\\0{0} - {1}\\0A\\0B\\0</CurrentMedia></Data>"))
	f.Add([]byte(" <Data><PSM>100%25%0D%0A</PSM></Data>"))
	f.Add([]byte("<Data><PSM>&#0;&#13;&bogus;<![CDATA[x]]><!-- y --></PSM><CurrentMedia>\\0\\01\\0{0}{0}\\0{0}\\0</Data>"))
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := readPersonal(in)
		if err != nil {
			return
		}
		words := playing(p.Media)
		for _, s := range []string{p.Note, p.Media, words} {
			if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
				t.Fatalf("%q", s)
			}
		}
		if utf8.RuneCountInString(p.Note) > maxNote || utf8.RuneCountInString(words) > maxNote || (p.Media == "") != (words == "") {
			t.Fatalf("%+v %q", p, words)
		}
		out := appendEscaped([]byte("<Data><PSM>"), p.Note, maxNoteUBX, true)
		out = appendEscaped(append(out, "</PSM><CurrentMedia>"...), p.Media, maxMediaUBX, false)
		out = append(out, "</CurrentMedia></Data>"...)
		var back personal
		if err := xml.Unmarshal(out, &back); err != nil || len(out) > 4000 || back.Media != p.Media {
			t.Fatalf("%q: %v", out, err)
		}
	})
}

func FuzzPicture(f *testing.F) {
	f.Add([]byte(aPicture))
	f.Add([]byte("%3Cmsnobj%20a=%22%0D%0A%22/%3E"))
	f.Fuzz(func(t *testing.T, in []byte) {
		got := pictureOf(in)
		if len(got) > maxWord || strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("%q", got)
		}
		if got := featuresOf(in); len(got) > 10 || strings.Trim(got, "0123456789") != "" {
			t.Fatalf("%q", got)
		}
	})
}
