package e2e

import (
	"bytes"
	"image"
	"image/color"
	_ "image/jpeg"
	"image/png"
	"io"
	"net"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

const webTable = "[web]\nlisten = \"127.0.0.1:0\"\n"

// photo is an image that is too large for old browsers.
func photo(t testing.TB) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 1500, 30))
	for x := range 1500 {
		m.SetGray(x, 15, color.Gray{Y: uint8(x)})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// upload stores a file with the homeserver.
func (u *matrixUser) upload(data []byte, media string) id.ContentURIString {
	u.t.Helper()
	up, err := u.UploadBytes(bounded(u.t), data, media)
	if err != nil {
		u.t.Fatal(err)
	}
	return up.ContentURI.CUString()
}

// fetch opens a link as the browsers of 1996 do: HTTP/1.0, and no Host.
func fetch(t testing.TB, link string) (head, body string) {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	deadline, _ := bounded(t).Deadline()
	c.SetDeadline(deadline)
	if _, err := io.WriteString(c, "GET "+u.RequestURI()+" HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ = strings.Cut(string(b), "\r\n\r\n")
	return head, body
}

var linkIn = regexp.MustCompile(`http://127\.0\.0\.1:\d+/f/[0-9A-Za-z]+/\S+$`)

// hearLink waits for a line with this in it and a link at its end.
func (w *window) hearLink(text string) (link string) {
	w.t.Helper()
	m := w.hearSome(text)
	if link = linkIn.FindString(m.Text); link == "" {
		w.t.Fatalf("no link in %q", m.Text)
	}
	return link
}

// An image and an encrypted file are lines with a link, which any browser opens. What has waited has
// one too, of the service as it is then.
func TestMatrixMedia(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "md", webTable)
	a, room := c.linked()
	bob := c.bob
	uri := bob.upload(photo(t), "image/png")
	bob.sendContent(room, &event.MessageEventContent{MsgType: event.MsgImage, Body: "photo.png", URL: uri,
		Info: &event.FileInfo{MimeType: "image/png", Size: 2500}})
	w := a.answer(handleOf(bob))
	link := w.hearLink("(image: photo.png, 3 kB) http")
	head, body := fetch(t, link)
	m, format, err := image.DecodeConfig(strings.NewReader(body))
	if !strings.HasPrefix(head, "HTTP/1.0 200") || !strings.Contains(head, "image/jpeg") || err != nil || format != "jpeg" || m.Width != 1024 {
		t.Errorf("%s\n%s %+v %v", head, format, m, err)
	}
	if head, body = fetch(t, link+"?original"); !strings.Contains(head, "attachment") || body != string(photo(t)) {
		t.Errorf("original: %s", head)
	}

	secret := []byte(strings.Repeat("a secret ", 100))
	sealed := attachment.NewEncryptedFile()
	stored := bytes.Clone(secret)
	sealed.EncryptInPlace(stored)
	c.hush(sealed.Key.Key)
	bob.sendContent(room, &event.MessageEventContent{MsgType: event.MsgFile, Body: "secret.bin",
		File: &event.EncryptedFileInfo{EncryptedFile: *sealed, URL: bob.upload(stored, "application/octet-stream")}})
	if head, body = fetch(t, w.hearLink("secret.bin")); !strings.Contains(head, `attachment; filename="secret.bin"`) || body != string(secret) {
		t.Errorf("encrypted: %s\n%q", head, body)
	}

	a.Close()
	c.stop()
	bob.sendContent(room, &event.MessageEventContent{MsgType: event.MsgImage, Body: "late.png", URL: uri})
	c.start()
	if head, _ = fetch(t, c.signIn(c.handle).answer(handleOf(bob)).hearLink("late.png")); !strings.HasPrefix(head, "HTTP/1.0 200") {
		t.Errorf("after a restart: %s", head)
	}
	old, _ := url.Parse(link)
	if head, _ = fetch(t, "http://"+c.web()+old.Path); !strings.HasPrefix(head, "HTTP/1.0 404") {
		t.Errorf("a link of before: %s", head)
	}
}

var webAt = regexp.MustCompile(`msg="web pages are served" .*\bweb=(\S+)`)

// web is where web pages are served since the last start.
func (d *daemon) web() string {
	d.t.Helper()
	all := webAt.FindAllStringSubmatch(d.log.tail(1<<30), -1)
	if len(all) == 0 {
		d.t.Fatal("no web pages are served")
	}
	return all[len(all)-1][1]
}
