package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
)

var testPayloads = Payloads{
	"MSG": {Words: 3, Limit: 1664},
	"BIG": {Words: 1, Limit: 1 << 20},
}

// all reads commands to the end of r and writes each on a line.
func all(r *Reader) (string, error) {
	var b strings.Builder
	for {
		c, err := r.Read()
		if err != nil {
			return b.String(), err
		}
		fmt.Fprintf(&b, "%s %q %q\n", c.Verb, c.Words, c.Payload)
	}
}

var framings = []struct{ name, in, want string }{
	{"crlf", "VER 1 MSNP2\r\nINF 2\r\n", "VER [\"1\" \"MSNP2\"] \"\"\nINF [\"2\"] \"\"\n"},
	{"bare lf", "USR 3 MD5 I u@x\nOUT\n", "USR [\"3\" \"MD5\" \"I\" \"u@x\"] \"\"\nOUT [] \"\"\n"},
	{"blanks", "INF  2 \r\n CVQ\t 3  a\r\n", "INF [\"2\"] \"\"\nCVQ [\"3\" \"a\"] \"\"\n"},
	{"blank lines", "\r\n\n  \r\nPNG\r\n\r\n", "PNG [] \"\"\n"},
	{"verbs in any case", "ver 1 msnp2\r\nMsg 1 N 1\r\naout\r\n", "VER [\"1\" \"msnp2\"] \"\"\nMSG [\"1\" \"N\" \"1\"] \"a\"\nOUT [] \"\"\n"},
	{"payload", "MSG 1 N 5\r\na\r\nb\nPNG\r\n", "MSG [\"1\" \"N\" \"5\"] \"a\\r\\nb\\n\"\nPNG [] \"\"\n"},
	{"empty payload", "MSG 1 N 0\r\nPNG\r\n", "MSG [\"1\" \"N\" \"0\"] \"\"\nPNG [] \"\"\n"},
	{"too few words for a payload", "MSG 1\r\nPNG\r\n", "MSG [\"1\"] \"\"\nPNG [] \"\"\n"},
}

func TestFraming(t *testing.T) {
	for _, f := range framings {
		sources := map[string]io.Reader{
			"whole":    strings.NewReader(f.in),
			"one byte": iotest.OneByteReader(strings.NewReader(f.in)),
			"half":     iotest.HalfReader(strings.NewReader(f.in)),
		}
		for how, src := range sources {
			got, err := all(NewReader(src, testPayloads))
			if got != f.want || err != io.EOF {
				t.Errorf("%s, %s: got %s, %v", f.name, how, got, err)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"line without end":   {strings.Repeat("x", MaxLine), ErrLineTooLong},
		"line with end":      {strings.Repeat("x", MaxLine) + "\n", ErrLineTooLong},
		"longest line":       {strings.Repeat("x", MaxLine-1) + "\n", io.EOF},
		"payload":            {"MSG 1 N 1665\r\n", ErrPayloadTooLong},
		"huge payload":       {"MSG 1 N 9999999999\r\n", ErrPayloadTooLong},
		"unreadable payload": {"MSG 1 N 99999999999999999999\r\n", ErrPayloadLength},
		"negative payload":   {"MSG 1 N -1\r\n", ErrPayloadLength},
		"longest payload":    {"MSG 1 N 1664\r\n" + strings.Repeat("y", 1664), io.EOF},
		"cut off":            {"MSG 1 N 10\r\nabc", io.EOF},
	} {
		for _, src := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
			if _, err := all(NewReader(src, testPayloads)); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
	}
}

// A payload larger than the pooled buffer gets one of its own, and the input
// after it is not lost.
func TestLargePayload(t *testing.T) {
	big := strings.Repeat("z", 100<<10)
	r := NewReader(strings.NewReader("PNG\r\nBIG 102400\r\n"+big+"OUT\r\n"), testPayloads)
	for _, want := range []string{"PNG", "BIG", "OUT"} {
		c, err := r.Read()
		if err != nil || string(c.Verb) != want || want == "BIG" && string(c.Payload) != big {
			t.Fatalf("%s: %v", want, err)
		}
	}
}

// A socket is read without a buffer being held, and what one write brought is
// there after one Fill.
func TestSocket(t *testing.T) {
	a, b := tcpPair(t)
	r := NewReader(a, testPayloads)
	for range 3 {
		if _, err := b.Write([]byte("MSG 1 N 3\r\nabcPNG\r\nMSG 2 N 3\r\na")); err != nil {
			t.Fatal(err)
		}
		next(t, r, "MSG")
		next(t, r, "PNG")
		if c, err := r.Next(); c != nil || err != nil || !r.InPayload() {
			t.Fatalf("half a payload: %v, %v", c, err)
		}
		if _, err := b.Write([]byte("bc")); err != nil {
			t.Fatal(err)
		}
		next(t, r, "MSG")
		if c, err := r.Next(); c != nil || err != nil || r.InPayload() {
			t.Fatalf("nothing left: %v, %v", c, err)
		}
	}
	b.Close()
	if _, err := r.Read(); err != io.EOF {
		t.Fatal(err)
	}
	if r.buf != nil {
		t.Error("the reader of a closed socket holds a buffer")
	}
}

func next(t *testing.T, r *Reader, verb string) {
	t.Helper()
	c, err := r.Read()
	if err != nil || string(c.Verb) != verb {
		t.Fatalf("%s: %v, %v", verb, c, err)
	}
}

func tcpPair(t testing.TB) (a, b net.Conn) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	b, err = net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	a, err = ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// However input is cut into reads, the same commands come out, and what Raw
// holds is the input.
func FuzzReader(f *testing.F) {
	for _, c := range framings {
		f.Add([]byte(c.in), 3)
	}
	f.Fuzz(func(t *testing.T, in []byte, chunk int) {
		whole, err1 := all(NewReader(bytes.NewReader(in), testPayloads))
		cut, err2 := all(NewReader(&chunks{in, 1 + chunk&0x3ff}, testPayloads))
		if whole != cut || !errors.Is(err1, err2) {
			t.Errorf("whole %s %v\ncut %s %v", whole, err1, cut, err2)
		}
	})
}

// chunks reads n bytes at a time.
type chunks struct {
	b []byte
	n int
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), c.n)], c.b)
	c.b = c.b[n:]
	return n, nil
}

func BenchmarkNext(b *testing.B) {
	msg := "MSG 9 U 256\r\n" + strings.Repeat("x", 256)
	in := []byte(strings.Repeat(msg, 8))
	r := NewReader(&again{in}, testPayloads)
	b.SetBytes(int64(len(msg)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Read(); err != nil {
			b.Fatal(err)
		}
	}
}

// again reads the same input over and over.
type again struct{ b []byte }

func (a *again) Read(p []byte) (int, error) { return copy(p, a.b[:min(len(p), 269)]), nil }
