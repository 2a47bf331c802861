package web

import (
	"mime"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"msnbridge/bridge"
)

// names are what people call files, what we make of it, and what browsers that know no Unicode get.
var names = map[string]struct{ clean, ascii string }{
	"cat.jpg":                      {"cat.jpg", "cat.jpg"},
	"../../etc/passwd":             {"passwd", "passwd"},
	`C:\WINDOWS\win.ini`:           {"win.ini", "win.ini"},
	"a\r\nSet-Cookie: x=y.txt":     {"aSet-Cookie_ x=y.txt", "aSet-Cookie_ x=y.txt"},
	`quo"te;name=x.exe`:            {"quo_te;name=x.exe", "quo_te;name=x.exe"},
	"tra\u202egpj.exe":             {"tragpj.exe", "tragpj.exe"},
	"Föhn und Käse.pdf":            {"Föhn und Käse.pdf", "F_hn und K_se.pdf"},
	"\u732b\u306e\u5199\u771f.png": {"\u732b\u306e\u5199\u771f.png", "file.png"},
	"100%41.txt":                   {"100%41.txt", "100_41.txt"},
	".htaccess":                    {"htaccess", "htaccess"},
	"...":                          {"", "file"},
	"":                             {"", "file"},
	"nul.txt":                      {"_nul.txt", "nul.txt"},
	"COM1":                         {"_COM1", "COM1"},
	"dots... . ":                   {"dots", "dots"},
	"\x00\x1b[31m\xff.gif":         {"[31m_.gif", "[31m.gif"},
	strings.Repeat("x", 300) + ".tar.gz": {strings.Repeat("x", maxName-3) + ".gz",
		strings.Repeat("x", maxName-3) + ".gz"},
}

func TestNames(t *testing.T) {
	for name, want := range names {
		clean := cleanName(name)
		if clean != want.clean {
			t.Errorf("%q: clean %q, want %q", name, clean, want.clean)
		}
		if got := ascii(clean); strings.TrimLeft(got, "_") != strings.TrimLeft(want.ascii, "_") {
			t.Errorf("%q: ASCII %q, want %q", name, got, want.ascii)
		}
	}
}

func TestLinkNames(t *testing.T) {
	for _, c := range []struct{ name, media, want string }{
		{"cat.jpeg", "", "cat.jpg"},
		{"cat.webp", "", "cat.jpg"},
		{"image", "image/png", "image.png"},
		{"Voice message.ogg", "audio/ogg", "Voice_message.ogg"},
		{"\u732b.png", "", "file.png"},
		{"", "image/jpeg; x=y", "file.jpg"},
		{"", "", "file"},
		{strings.Repeat("long ", 50) + ".docx", "", strings.Repeat("long_", 7) + ".docx"},
	} {
		if got := linkName(bridge.File{Name: c.name, Type: c.media}); got != c.want {
			t.Errorf("%q of %s: %q, want %q", c.name, c.media, got, c.want)
		}
	}
}

func FuzzName(f *testing.F) {
	for name := range names {
		f.Add(name, "image/png")
	}
	f.Fuzz(func(t *testing.T, name, media string) {
		clean := cleanName(name)
		if len(clean) > maxName+1 || !utf8.ValidString(clean) || strings.ContainsAny(clean, "/\\\"<>:|?*") || strings.ContainsFunc(clean, unicode.IsControl) {
			t.Errorf("%q: clean %q", name, clean)
		}
		h := disposition("attachment", clean)
		if strings.ContainsFunc(h, func(r rune) bool { return r < ' ' || r > '~' }) || len(h) > 1000 {
			t.Errorf("%q: %s", name, h)
		}
		_, params, err := mime.ParseMediaType(h)
		if err != nil {
			t.Errorf("%q: %s: %v", name, h, err)
		} else if clean != "" && ascii(clean) != clean && params["filename"] != clean {
			t.Errorf("%q: %s says %q, not %q", name, h, params["filename"], clean)
		}
		link := linkName(bridge.File{Name: name, Type: media})
		if link == "" || len(link) > maxLinkName || strings.ContainsFunc(link, func(r rune) bool { return notPlain(r) && r != '.' }) {
			t.Errorf("%q: link %q", name, link)
		}
	})
}

func FuzzImage(f *testing.F) {
	f.Add(jpegOf(f, halves(8, 8)))
	f.Add(turnedJPEG(f, halves(8, 8), 6))
	f.Add(pngOf(f, glass(8, 8)))
	f.Add(gifOf(f, 8, 8))
	f.Add(tiffOf(f, halves(8, 8)))
	f.Add(bmpOf(f, halves(8, 8)))
	f.Add(testFile(f, "half.webp"))
	f.Add(bomb(30000, 30000))
	s := New(Config{})
	f.Fuzz(func(t *testing.T, data []byte) {
		k := kindOf(data)
		if !k.image || len(data) > 1<<16 {
			return
		}
		p, err := s.render(t.Context(), k, data, wanted{64, 64, true})
		if (p == nil) == (err == nil) {
			t.Errorf("%v %v", p, err)
		}
	})
}
