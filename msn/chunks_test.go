package msn

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"msnbridge/msn/wire"
)

const messageID = "{7B7B34E6-7A8D-44FF-926C-1799156B58AE}"

// inChunks is a message of a content type in chunks.
func inChunks(id, kind string, parts ...string) []string {
	ps := []string{fmt.Sprintf("MIME-Version: 1.0\r\nContent-Type: %s\r\nMessage-ID: %s\r\nChunks: %d\r\n\r\n%s", kind, id, len(parts), parts[0])}
	for i, part := range parts[1:] {
		ps = append(ps, fmt.Sprintf("Message-ID: %s\r\nChunk: %d\r\n\r\n%s", id, i+1, part))
	}
	return ps
}

func textInChunks(parts ...string) []string {
	return inChunks(messageID, "text/plain; charset=UTF-8", parts...)
}

// A text in chunks is said as one, even if a chunk ends within a character; what is
// nothing for people outside is passed over in chunks too.
func TestChunks(t *testing.T) {
	r, b := annBoard(t, "MSNP9")
	long := strings.Repeat("x", 1400)
	snow := "\u2603"
	ink := inChunks("{1}", "image/gif", "base64:", "R0lG", "ODlh")
	for i, chunk := range textInChunks("first "+snow[:1], snow[1:]+long, long, " last") {
		b.msg("A", "ACK", chunk)
		if i < len(ink) {
			b.msg("A", "ACK", ink[i])
		}
	}
	b.msg("A", "ACK", inChunks("{2}", "text/x-msnmsgr-datacast", "ID: 1\r\n\r\n")[0])
	for _, chunk := range inChunks("{3}", "text/x-msnmsgr-datacast", "ID: 2\r\nData: <msnobj Friendly=\"RgBy", "AG8AZwAAAA==\"/>\r\n\r\n") {
		b.msg("N", "", chunk)
	}
	b.text("A", "ACK", "hello")
	var got []string
	for _, m := range r.net.Sent("alice@msn.test") {
		got = append(got, m.Text)
	}
	if want := "first " + snow + long + long + " last|sends a nudge|sends a wink: Frog|hello"; strings.Join(got, "|") != want {
		t.Errorf("%q", got)
	}
}

// What is out of order is given up, and its writer told; what comes next is not
// disturbed.
func TestChunksOutOfOrder(t *testing.T) {
	r, b := annBoard(t, "MSNP9")
	c := textInChunks("a", "b", "c")
	for _, bad := range [][]string{{c[0], c[2], c[1]}, {c[1]}, {c[0], c[1], c[1], c[2]}, {c[0], strings.Replace(c[1], "Chunk: 1", "Chunk: x", 1)}} {
		refused := false
		for i, chunk := range bad {
			refused = refused || i == 0 && len(bad) == 1 || i > 0 && chunk != c[i]
			answer := "ACK"
			if refused {
				answer = "NAK"
			}
			b.msg("A", answer, chunk)
		}
	}
	for _, n := range []string{"1024", "0", "-1", "x", "99999999999999999999"} {
		b.msg("N", "NAK", strings.Replace(c[0], "Chunks: 3", "Chunks: "+n, 1))
	}
	for _, chunk := range textInChunks("a", "b", "c") {
		b.msg("A", "ACK", chunk)
	}
	if sent := r.net.Sent("alice@msn.test"); len(sent) != 1 || sent[0].Text != "abc" {
		t.Errorf("%+v", sent)
	}
}

// takeChunk takes a chunk at a time after noon.
func takeChunk(t *testing.T, c *chunks, to *outward, payload string, at time.Duration) (string, error) {
	t.Helper()
	m, err := wire.ParseMessage([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2004, 5, 1, 12, 0, 0, 0, time.UTC)
	whole, err := c.take(to, &m, false, noon.Add(at))
	if whole == nil {
		return "", err
	}
	return string(whole.Body), err
}

func TestChunksBounds(t *testing.T) {
	var c chunks
	var ann, ben outward
	ps := textInChunks("a", "b")
	takeChunk(t, &c, &ann, ps[0], 0)
	if _, err := takeChunk(t, &c, &ann, ps[1], chunkTime+1); !errors.Is(err, errChunk) || len(c.open) != 0 {
		t.Errorf("too late: %v, %d open", err, len(c.open))
	}
	takeChunk(t, &c, &ann, ps[0], 0)
	if _, err := takeChunk(t, &c, &ben, ps[1], 0); !errors.Is(err, errChunk) {
		t.Errorf("to somebody else: %v", err)
	}
	takeChunk(t, &c, &ann, ps[0], 0)
	if whole, err := takeChunk(t, &c, &ann, ps[1], chunkTime); whole != "ab" || err != nil {
		t.Errorf("in time: %q %v", whole, err)
	}

	for i := range 10 {
		takeChunk(t, &c, &ann, inChunks(fmt.Sprint(i), "text/plain", "a", "b")[0], 0)
	}
	if len(c.open) != mostChunked {
		t.Errorf("%d open", len(c.open))
	}
	if whole, _ := takeChunk(t, &c, &ann, inChunks("9", "text/plain", "a", "b")[1], 0); whole != "ab" {
		t.Errorf("the last: %q", whole)
	}
	if _, err := takeChunk(t, &c, &ann, inChunks("0", "text/plain", "a", "b")[1], 0); !errors.Is(err, errChunk) {
		t.Errorf("the first: %v", err)
	}
}

func TestChunksTooLong(t *testing.T) {
	var c chunks
	var ann outward
	parts := make([]string, mostChunks)
	for i := range parts {
		parts[i] = strings.Repeat("x", 64)
	}
	for i, chunk := range textInChunks(parts...) {
		whole, err := takeChunk(t, &c, &ann, chunk, 0)
		if err != nil || (whole != "") != (i == mostChunks-1) {
			t.Fatalf("%d: %d bytes, %v", i, len(whole), err)
		}
	}
	parts = make([]string, 50)
	for i := range parts {
		parts[i] = strings.Repeat("x", 1400)
	}
	for i, chunk := range textInChunks(parts...) {
		if _, err := takeChunk(t, &c, &ann, chunk, 0); (err != nil) != ((i+1)*1400 > maxChunked) {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if len(c.open) != 0 {
		t.Errorf("%d open", len(c.open))
	}
}

// Chunks are relayed to other clients as they are, but for those of a command.
func TestChunksRelayed(t *testing.T) {
	r := newRig(t)
	r.Play(t, "! person ann AWY Annie\n! login alice@msn.test\n"+onlineIn("MSNP9", "alice", "bob"))
	a := r.callBoard("alice", "ann@net.test")
	b := r.invite(a, "bob", 2)
	secret := inChunks("{2}", "text/plain", "/topic one ", "two ", "three")
	for i, chunk := range textInChunks("a", "b", "/c") {
		a.msg("U", "", chunk)
		a.msg("U", "", secret[i])
		if got := b.message("alice@msn.test"); got != chunk {
			t.Errorf("%q", got)
		}
	}
	a.text("U", "", "hello")
	if got := b.message("alice@msn.test"); !strings.HasSuffix(got, "hello") {
		t.Errorf("%q", got)
	}
	r.Play(t, "! runs alice@msn.test ann topic one two three\n! sends alice@msn.test ann ab/c\n! sends alice@msn.test ann hello")
}

// Whatever chunks come, what is kept stays bounded.
func FuzzChunks(f *testing.F) {
	f.Add(strings.Join(append(textInChunks("a", "b", "c"), inChunks("{2}", "image/gif", "x", "y")...), "\x00"))
	f.Fuzz(func(t *testing.T, in string) {
		var c chunks
		var ann outward
		for p := range strings.SplitSeq(in, "\x00") {
			m, err := wire.ParseMessage([]byte(p))
			if err != nil || !isChunk(&m) {
				continue
			}
			kind, _ := m.Type()
			whole, err := c.take(&ann, &m, sayers[kind] == nil, time.Time{})
			if len(c.open) > mostChunked || whole != nil && (err != nil || len(whole.Body) > maxChunked) {
				t.Fatalf("%d open, %v", len(c.open), err)
			}
		}
	})
}
