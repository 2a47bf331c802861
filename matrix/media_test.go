package matrix

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/crypto/attachment"

	"msnbridge/bridge"
)

// sealedFile is what a client sends of an encrypted file: the content, and what is stored.
func sealedFile(mxc string, data []byte) (content string, stored []byte) {
	f := attachment.NewEncryptedFile()
	stored = bytes.Clone(data)
	f.EncryptInPlace(stored)
	raw, err := json.Marshal(struct {
		URL string `json:"url"`
		*attachment.EncryptedFile
	}{mxc, f})
	if err != nil {
		panic(err) // strings alone
	}
	return string(raw), stored
}

func TestFileOf(t *testing.T) {
	sealed, _ := sealedFile("mxc://x/secret", nil)
	padded := strings.NewReplacer(`"iv":"`, `"iv":"`, `","v":`, `==","v":`).Replace(sealed)
	none := bridge.File{}
	for _, c := range []struct {
		kind, content string
		want          bridge.File // without Ref
		mxc           string
	}{
		{typeMessage, `{"msgtype":"m.image","body":"cat.jpg","url":"mxc://x.org/abc_-9","info":{"mimetype":"image/jpeg","size":5}}`,
			bridge.File{Name: "cat.jpg", Type: "image/jpeg", Size: 5}, "mxc://x.org/abc_-9"},
		{typeMessage, `{"msgtype":"m.file","body":"see this","filename":"a.pdf","url":"mxc://[::1]:8448/a"}`,
			bridge.File{Name: "a.pdf"}, "mxc://[::1]:8448/a"},
		{typeMessage, `{"msgtype":"m.video","body":"a\u202e\nb","url":"mxc://x/a","info":{"size":-5,"mimetype":7}}`,
			bridge.File{Name: "a b"}, "mxc://x/a"},
		{typeSticker, `{"body":"Hello","url":"mxc://x/a","info":{"mimetype":"image/png"}}`, bridge.File{Name: "Hello", Type: "image/png"}, "mxc://x/a"},
		{typeMessage, `{"msgtype":"m.audio","body":"v","file":` + sealed + `}`, bridge.File{Name: "v"}, "mxc://x/secret"},
		{typeMessage, `{"msgtype":"m.audio","body":"v","file":` + padded + `}`, bridge.File{Name: "v"}, "mxc://x/secret"},
		{typeMessage, `{"msgtype":"m.audio","body":"v","file":` + strings.Replace(sealed, "A256CTR", "A128CBC", 1) + `}`, none, ""},
		{typeMessage, `{"msgtype":"m.audio","body":"v","file":` + strings.Replace(sealed, `"v2"`, `"v9"`, 1) + `}`, none, ""},
		{typeMessage, `{"msgtype":"m.audio","body":"v","url":"mxc://x/a","file":{"url":"mxc://x/b"}}`, none, ""},
		{typeMessage, `{"msgtype":"m.text","body":"v","url":"mxc://x/a"}`, none, ""},
		{typeMessage, `{"msgtype":"m.image","body":"v"}`, none, ""},
		{typeMessage, `{"msgtype":"m.image","body":"v","url":"https://x/a"}`, none, ""},
		{typePoll, `{"msgtype":"m.image","body":"v","url":"mxc://x/a"}`, none, ""},
		{typeMessage, `[]`, none, ""},
	} {
		f := fileOf(c.kind, json.RawMessage(c.content))
		if c.mxc == "" {
			if f != nil {
				t.Errorf("%s: %+v", c.content, f)
			}
			continue
		}
		if f == nil {
			t.Errorf("%s: none", c.content)
			continue
		}
		r, err := parseRef(f.Ref)
		if f.Ref = ""; *f != c.want || err != nil || r.MXC != c.mxc || r.sealed() != strings.Contains(c.content, "hashes") {
			t.Errorf("%s: %+v, %+v, %v", c.content, f, r, err)
		}
	}
}

func TestMXC(t *testing.T) {
	for _, good := range []string{"mxc://x/a", "mxc://matrix.org:8448/AbC-_9", "mxc://1.2.3.4/a", "mxc://[2001:db8::1]/a", "mxc://x/" + strings.Repeat("a", 255)} {
		if u, ok := parseMXC(good); !ok || "mxc://"+u.server+"/"+u.media != good {
			t.Error(good)
		}
	}
	for _, bad := range []string{"", "mxc:", "mxc://", "mxc://x", "mxc://x/", "mxc:///a", "mxc://x/a/b", "mxc://x/..", "mxc://../a", "mxc://./a", "mxc://a..b/c",
		"mxc://x/a?b", "mxc://x/a#b", "mxc://x/a%2fb", "mxc://x/a b", "mxc://x y/a", "mxc://x@y/a", "MXC://x/a", "http://x/a",
		"mxc://x/\u00e9", "mxc://x/a\n", "mxc://x:99999999/a", "mxc://x/" + strings.Repeat("a", 256)} {
		if _, ok := parseMXC(bad); ok {
			t.Error(bad)
		}
	}
}

func FuzzMXC(f *testing.F) {
	f.Add("mxc://x/a")
	f.Add("mxc://[::1]:80/..")
	f.Fuzz(func(t *testing.T, uri string) {
		u, ok := parseMXC(uri)
		if ok && ("mxc://"+u.server+"/"+u.media != uri || strings.ContainsAny(uri, "%?#\\ \r\n") || strings.Contains(uri, "..")) {
			t.Errorf("%q: %+v", uri, u)
		}
	})
}

func FuzzFileRef(f *testing.F) {
	sealed, _ := sealedFile("mxc://x/secret", nil)
	f.Add(`{"msgtype":"m.image","body":"b","url":"mxc://x/a"}`)
	f.Add(`{"msgtype":"m.file","body":"b","file":` + sealed + `}`)
	f.Add(`{"mxc":"mxc://x/a","key":"x"}`)
	f.Fuzz(func(t *testing.T, text string) {
		if file := fileOf(typeMessage, json.RawMessage(text)); file != nil {
			r, err := parseRef(file.Ref)
			if err != nil || r.String() != file.Ref || file.Size < 0 {
				t.Errorf("%q: %+v, %v", text, file, err)
			}
		}
		if r, err := parseRef(text); err == nil {
			if again, err := parseRef(r.String()); err != nil || again != r {
				t.Errorf("%q: %+v %v", text, r, err)
			}
		}
	})
}

func TestIsPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"1.1.1.1": true, "172.32.0.1": true, "2606:4700::1111": true, "::ffff:1.1.1.1": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "0.0.0.0": false,
		"0.1.2.3": false, "100.64.0.1": false, "224.0.0.1": false, "255.255.255.255": false, "198.18.0.1": false, "192.0.0.8": false,
		"::1": false, "::": false, "fe80::1%eth0": false, "fc00::1": false, "ff02::1": false, "::ffff:127.0.0.1": false,
		"64:ff9b::7f00:1": false, "2002:7f00:1::": false, "::7f00:1": false, "2001:db8::1": false, "2001::1": false,
	} {
		if got := isPublic(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

// A mediaScript is a scripted homeserver with files.
type mediaScript struct {
	*script
	o *owner
	c *Conn
}

func newMediaScript(t *testing.T, pause ...time.Duration) *mediaScript {
	s := newScript(t)
	o := s.owner()
	if len(pause) > 0 {
		o.times.File = pause[0]
	}
	o.maxFile = 3 << 20
	return &mediaScript{s, o, o.connect()}
}

func plainRef(media string) string { return fileRef{MXC: "mxc://x/" + media}.String() }

// read opens a file and reads it all.
func (m *mediaScript) read(ref string) (string, error) {
	ctx, cancel := contextWithTimeout(m.t, patience)
	defer cancel()
	d, err := m.c.Open(ctx, ref)
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(d)
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return string(data), err
}

// A file is asked for with our token, and from older homeservers without.
func TestOpenFile(t *testing.T) {
	m := newMediaScript(t)
	m.on("GET /v1/media/download/x/new", func(r *http.Request) answer {
		if r.Header.Get("Authorization") != "Bearer a-token" {
			return fail(401, "M_MISSING_TOKEN")
		}
		return ok("a file")
	})
	if text, err := m.read(plainRef("new")); text != "a file" || err != nil {
		t.Errorf("%q %v", text, err)
	}
	for name, old := range map[string]answer{"unrecognized": fail(400, "M_UNRECOGNIZED"), "no-route": {status: 404, body: "404 page not found"}} {
		m.on("GET /v1/media/download/x/"+name, func(*http.Request) answer { return old })
		m.on("GET /_matrix/media/v3/download/x/"+name, func(r *http.Request) answer {
			if r.Header.Get("Authorization") != "" {
				t.Error("the token was sent to whoever serves files")
			}
			return ok("an old file")
		})
		if text, err := m.read(plainRef(name)); text != "an old file" || err != nil {
			t.Errorf("%s: %q %v", name, text, err)
		}
	}
}

// Why there is no file is said in words.
func TestOpenRefused(t *testing.T) {
	m := newMediaScript(t)
	for name, c := range map[string]struct {
		answer answer
		want   string
	}{
		"none":      {fail(404, "M_NOT_FOUND"), bridge.ErrNotFound.Error()},
		"forbidden": {fail(403, "M_FORBIDDEN"), "does not give it"},
		"busy":      {fail(429, "M_LIMIT_EXCEEDED"), "try again later"},
		"broken":    {answer{status: 502, body: "<html>"}, "502"},
		"uploading": {fail(504, "M_NOT_YET_UPLOADED"), "still uploading"},
		"loop":      {answer{status: 307, header: http.Header{"Location": {"/_matrix/client/v1/media/download/x/loop"}}}, "where we do not go"},
		"large":     {ok(strings.Repeat("x", 3<<20+1)), "3.1 MB"},
	} {
		m.on("GET /v1/media/download/x/"+name, func(*http.Request) answer { return c.answer })
		if text, err := m.read(plainRef(name)); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%s: %q %v", name, first(text), err)
		}
	}
	for _, ref := range []string{"", "{}", "nonsense", `{"mxc":"mxc://x/../y"}`, `{"mxc":"mxc://x/a","key":"short"}`} {
		if _, err := m.read(ref); !errors.Is(err, errNoRef) {
			t.Errorf("%s: %v", ref, err)
		}
	}
	m.c.Close()
	if _, err := m.read(plainRef("none")); !errors.Is(err, bridge.ErrClosed) {
		t.Error(err)
	}
}

func first(s string) string { return s[:min(len(s), 100)] }

// A homeserver cannot have us ask around in the house, nor hand our token to others.
func TestOpenElsewhere(t *testing.T) {
	m := newMediaScript(t)
	inside := func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("somebody inside was asked for %s, with the token %q", r.URL, r.Header.Get("Authorization"))
	}
	plain, tls := httptest.NewServer(http.HandlerFunc(inside)), httptest.NewTLSServer(http.HandlerFunc(inside))
	defer plain.Close()
	defer tls.Close()
	for i, c := range []struct{ to, want string }{
		{plain.URL + "/secret", "where we do not go"}, // not https
		{tls.URL + "/secret", "not public"},
		{strings.Replace(tls.URL, "127.0.0.1", "localhost", 1), "not public"},
		{"https://[::1]:1/", "not public"},
		{"https://0.0.0.0:1/", "not public"},
		{"https://169.254.169.254/latest/meta-data", "not public"},
		{"https://user:password@1.1.1.1/", "where we do not go"},
		{"ftp://1.1.1.1/", "where we do not go"},
		{"file:///etc/passwd", "where we do not go"},
		{"//localhost:1/", "where we do not go"},
		{"https://%zz/", "where we do not go"},
	} {
		name := fmt.Sprintf("away%02d", i)
		m.on("GET /v1/media/download/x/"+name, func(*http.Request) answer {
			return answer{status: 307, header: http.Header{"Location": {c.to}}}
		})
		if _, err := m.read(plainRef(name)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.to, err)
		}
	}
	m.on("GET /v1/media/download/x/home", func(*http.Request) answer {
		return answer{status: 308, header: http.Header{"Location": {m.server.URL + "/store/home"}}}
	})
	m.on("GET /store/home", func(*http.Request) answer { return ok("at home") })
	if text, err := m.read(plainRef("home")); text != "at home" || err != nil {
		t.Errorf("the homeserver itself: %q %v", text, err)
	}
}

// An encrypted file is handed on only when it is known to be what was sent. On disk it has no name.
func TestOpenSealed(t *testing.T) {
	m := newMediaScript(t)
	dir := t.TempDir()
	m.c.net.config.SpoolDir = dir
	for name, data := range map[string][]byte{"small": []byte("a secret"), "empty": {}, "large": bytes.Repeat([]byte("secret "), inMemory/5)} {
		content, stored := sealedFile("mxc://x/"+name, data)
		ref := fileOf(typeMessage, json.RawMessage(`{"msgtype":"m.file","body":"b","file":`+content+`}`)).Ref
		m.on("GET /v1/media/download/x/"+name, func(*http.Request) answer { return ok(string(stored)) })
		text, err := m.read(ref)
		if text != string(data) || err != nil {
			t.Errorf("%s: %d bytes, %v", name, len(text), err)
		}
		if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
			t.Errorf("%s: left %v %v", name, left, err)
		}
		damaged := append(bytes.Clone(stored), 'x')
		m.on("GET /v1/media/download/x/"+name, func(*http.Request) answer { return ok(string(damaged)) })
		if _, err := m.read(ref); !errors.Is(err, errDamaged) {
			t.Errorf("%s, damaged: %v", name, err)
		}
	}
	m.c.net.config.SpoolDir = dir + "/none"
	content, stored := sealedFile("mxc://x/placeless", make([]byte, inMemory+1))
	m.on("GET /v1/media/download/x/placeless", func(*http.Request) answer { return ok(string(stored)) })
	if _, err := m.read(fileOf(typeSticker, json.RawMessage(`{"body":"b","file":`+content+`}`)).Ref); err == nil || err.Error() != string(errNoPlace) {
		t.Error(err)
	}
	if !m.c.net.spooled.TryAcquire(mostSpool * m.c.net.config.MaxFile) {
		t.Error("room was not freed")
	}
}

// A homeserver that does not go on is given up, as is one that sends without end.
func TestOpenStops(t *testing.T) {
	for name, f := range map[string]func(w http.ResponseWriter, end <-chan struct{}){
		string(errStopped): func(w http.ResponseWriter, end <-chan struct{}) {
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			<-end
		},
		"it is larger": func(w http.ResponseWriter, end <-chan struct{}) {
			for part := make([]byte, 1<<16); ; {
				if _, err := w.Write(part); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			pause := time.Minute
			if name == string(errStopped) {
				pause = 500 * time.Millisecond
			}
			m := newMediaScript(t, pause)
			end := make(chan struct{})
			defer close(end)
			m.raw("/_matrix/client/v1/media/download/x/odd", func(w http.ResponseWriter, r *http.Request) { f(w, end) })
			if _, err := m.read(plainRef("odd")); err == nil || !strings.Contains(err.Error(), name) {
				t.Error(err)
			}
		})
	}
}

// A file that is being read ends with the connection.
func TestOpenEndsWithConn(t *testing.T) {
	m := newMediaScript(t)
	end := make(chan struct{})
	defer close(end)
	m.raw("/_matrix/client/v1/media/download/x/slow", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		<-end
	})
	d, err := m.c.Open(t.Context(), plainRef("slow"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	m.c.Close()
	if _, err := io.ReadAll(d); !errors.Is(err, bridge.ErrClosed) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newMediaScript(t).c.Open(ctx, plainRef("slow")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// What a message brings comes with it.
func TestMessageBringsFile(t *testing.T) {
	m := newMediaScript(t)
	m.news <- timelineAnswer("s2", false, eventFrom("$f", "@bob:x", typeMessage,
		`{"msgtype":"m.audio","body":"Voice message.ogg","url":"mxc://x/v","info":{"duration":12000,"mimetype":"audio/ogg","size":14000},"org.matrix.msc3245.voice":{}}`))
	got := awaitText(m.o, "(voice message, 0:12, 14 kB)")
	if got.File == nil || got.File.Name != "Voice message.ogg" || got.File.Type != "audio/ogg" || got.File.Size != 14000 {
		t.Fatalf("%+v", got.File)
	}
	m.on("GET /v1/media/download/x/v", func(*http.Request) answer { return ok("OggS") })
	if text, err := m.read(got.File.Ref); text != "OggS" || err != nil {
		t.Errorf("%q %v", text, err)
	}
}

// The real thing, on a real homeserver: another client uploads, in the clear and encrypted.
func TestDendriteMedia(t *testing.T) {
	o, _, bob, c, room := chat(t)
	data := bytes.Repeat([]byte("a file "), 1000)
	up, err := bob.UploadBytesWithName(t.Context(), data, "application/octet-stream", "f.bin")
	bob.do("upload", err)
	bob.event(room, typeMessage, map[string]any{"msgtype": "m.file", "body": "plain.bin", "url": up.ContentURI.String()})
	f := attachment.NewEncryptedFile()
	stored := bytes.Clone(data)
	f.EncryptInPlace(stored)
	up, err = bob.UploadBytes(t.Context(), stored, "application/octet-stream")
	bob.do("upload", err)
	sum := sha256.Sum256(stored)
	bob.event(room, typeMessage, map[string]any{"msgtype": "m.file", "body": "sealed.bin", "file": map[string]any{
		"url": up.ContentURI.String(), "v": "v2", "key": f.Key, "iv": f.InitVector,
		"hashes": map[string]string{"sha256": base64.RawStdEncoding.EncodeToString(sum[:])},
	}})
	for _, text := range []string{"(file: plain.bin)", "(file: sealed.bin)"} {
		m := awaitText(o, text)
		if m.File == nil {
			t.Fatalf("%s brings nothing", text)
		}
		d, err := c.Open(t.Context(), m.File.Ref)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got, err := io.ReadAll(d)
		d.Close()
		if err != nil || !bytes.Equal(got, data) || d.Size != int64(len(data)) {
			t.Errorf("%s: %d bytes of %d, %v", text, len(got), d.Size, err)
		}
	}
	if _, err := c.Open(t.Context(), fileRef{MXC: "mxc://" + serverOf(o.login.Keys["user"]) + "/none"}.String()); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("a file that there is not: %v", err)
	}
}
