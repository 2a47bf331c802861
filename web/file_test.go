package web

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"msnbridge/bridge"
)

// What a browser might run is saved and never shown, whatever its name and its sender say.
func TestNeverShown(t *testing.T) {
	r := newRig(t)
	for name, c := range map[string]struct{ data, media string }{
		"page.html":    {"<html><script>alert(1)</script></html>", unknownType},
		"cat.jpg":      {"<!DOCTYPE html><script>alert(1)</script>", unknownType},
		"drawing.svg":  {`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, unknownType},
		"notes.txt":    {"only text", unknownType},
		"script.js":    {"alert(1)", unknownType},
		"applet.class": {"\xca\xfe\xba\xbe\x00\x00\x00\x34", unknownType},
		"setup.exe":    {"MZ\x90\x00", unknownType},
		"flash.swf":    {"FWS\x05", unknownType},
		"a.pdf":        {"%PDF-1.4", "application/pdf"},
		"a.mp3":        {"ID3\x03\x00\x00\x00", "audio/mpeg"},
		"voice.ogg":    {"OggS\x00\x02\x00\x00", "application/ogg"},
		"clip.mp4":     {"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "video/mp4"},
		"photo.heic":   {"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "image/heic"},
		"empty":        {"", unknownType},
	} {
		for _, query := range []string{"", "?original"} {
			a := r.get(r.put(name, []byte(c.data)) + query)
			a.want(t, http.StatusOK, "Content-Type", c.media, "Content-Disposition", `attachment; filename="`+name+`"`)
			if string(a.body) != c.data {
				t.Errorf("%s: %q", name, a.body)
			}
		}
	}
}

// A HEAD tells the same, without the file.
func TestHead(t *testing.T) {
	r := newRig(t)
	for name, data := range map[string][]byte{"a.zip": []byte("PK\x03\x04 and so on"), "a.png": pngOf(t, halves(4, 4)), "b.png": pngOf(t, halves(2000, 20))} {
		link := r.put(name, data)
		head, get := r.do(http.MethodHead, link), r.get(link)
		if len(head.body) != 0 || head.ContentLength != get.ContentLength || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") {
			t.Errorf("%s: %+v, %+v", name, head.Header, get.Header)
		}
	}
}

// raw sends a request as it is, and returns the answer as it is.
func (r *rig) raw(request string) string {
	r.t.Helper()
	c, err := net.Dial("tcp", r.Addr().String())
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close()
	deadline, _ := r.ctx.Deadline()
	c.SetDeadline(deadline)
	if _, err := io.WriteString(c, request); err != nil {
		r.t.Fatal(err)
	}
	b, err := io.ReadAll(c)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(b)
}

// The browsers of 1996 send HTTP/1.0, without a Host.
func TestOldestBrowser(t *testing.T) {
	r := newRig(t)
	data := jpegOf(t, halves(40, 40))
	u, _ := url.Parse(r.put("cat.jpg", data))
	head, body, _ := strings.Cut(r.raw("GET "+u.Path+" HTTP/1.0\r\n\r\n"), "\r\n\r\n")
	if !strings.HasPrefix(head, "HTTP/1.0 200 OK\r\n") || !strings.Contains(head, "Content-Type: image/jpeg") ||
		!strings.Contains(head, "Content-Length:") || strings.Contains(head, "Transfer-Encoding") || body != string(data) {
		t.Errorf("%s, and %d bytes", head, len(body))
	}
	if a := r.raw("GET /f/none/cat.jpg HTTP/1.0\r\nUser-Agent: Mozilla/1.0\r\n\r\n"); !strings.HasPrefix(a, "HTTP/1.0 404") || !strings.Contains(a, "<html>") {
		t.Errorf("%s", a)
	}
}

// What is no request for one of our addresses is refused, and nothing is listed.
func TestNothingElse(t *testing.T) {
	r := newRig(t)
	link := r.put("a.zip", []byte("PK\x03\x04"))
	base := "http://" + r.Addr().String()
	for _, path := range []string{"", "/", "/f", "/f/", "/f//", "/s", "/s/", "/x/y", "/f/" + strings.Repeat("a", 22), "//", "/f/../f/", "/%2e%2e/etc/passwd", "/favicon.ico"} {
		a := r.get(base + path)
		a.want(t, http.StatusNotFound, "Content-Type", "text/html; charset=utf-8", "Cache-Control", "no-store")
		if bytes.Contains(a.body, []byte(tokenOf(t, link))) {
			t.Errorf("%s lists links", path)
		}
	}
	r.do(http.MethodDelete, link).want(t, http.StatusMethodNotAllowed, "Allow", "GET, HEAD")
	for _, request := range []string{
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc",
		"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
		"GET http://127.0.0.1:1/ HTTP/1.0\r\n\r\n",
		"CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"nonsense\r\n\r\n",
	} {
		if a := r.raw(request); !strings.Contains(a, " 40") {
			t.Errorf("%q: %s", request, a)
		}
	}
}

// Why a file does not come is said in words.
func TestUnavailable(t *testing.T) {
	r := newRig(t)
	lost := r.Link(alice, "net", bridge.File{Name: "a.txt", Ref: "lost"}, "127.0.0.1")
	a := r.get(lost)
	a.want(t, http.StatusNotFound)
	if !bytes.Contains(a.body, []byte("not there any more")) {
		t.Errorf("%s", a.body)
	}
	for err, status := range map[error]int{
		bridge.ErrNotOnline:              http.StatusServiceUnavailable,
		errors.ErrUnsupported:            http.StatusNotFound,
		errors.New("<b>too large</b> &"): http.StatusBadGateway,
	} {
		w := &recorder{header: http.Header{}}
		refuse(w, &http.Request{Method: http.MethodGet}, err)
		if w.status != status || strings.Contains(w.body.String(), "<b>") || !strings.Contains(w.body.String(), "<h3>") {
			t.Errorf("%v: %d %s", err, w.status, w.body.String())
		}
	}
}

type recorder struct {
	header http.Header
	status int
	body   strings.Builder
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

// The log does not tell how to get a file.
func TestLogKeepsTokens(t *testing.T) {
	r := newRig(t)
	link := r.put("secret name.zip", []byte("PK\x03\x04"))
	r.get(link)
	r.stop()
	log := r.log.String()
	if !strings.Contains(log, "file fetched") || strings.Contains(log, tokenOf(t, link)) || strings.Contains(log, "ref of") || strings.Contains(log, "secret") {
		t.Error(log)
	}
}

// Who does not go on reading does not hold the server up when it ends.
func TestEndsUnderWay(t *testing.T) {
	r := newRig(t)
	u, _ := url.Parse(r.put("large.zip", append([]byte("PK\x03\x04"), make([]byte, 30<<20)...)))
	c, err := net.Dial("tcp", r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "GET "+u.Path+" HTTP/1.0\r\n\r\n")
	if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, "200") {
		t.Fatal(line, err)
	}
	r.stop()
}

// A proxy in front may leave the path of the public address where it is, or take it off.
func TestPublicURL(t *testing.T) {
	r := newRig(t, Config{PublicURL: "https://files.example/msn"})
	link := r.put("a.zip", []byte("PK\x03\x04"))
	if !strings.HasPrefix(link, "https://files.example/msn/f/") {
		t.Fatal(link)
	}
	path := strings.TrimPrefix(link, "https://files.example")
	for _, p := range []string{path, strings.TrimPrefix(path, "/msn")} {
		r.get("http://"+r.Addr().String()+p).want(t, http.StatusOK)
	}
	r.get("http://"+r.Addr().String()+"/msnx"+strings.TrimPrefix(path, "/msn")).want(t, http.StatusNotFound)
}
