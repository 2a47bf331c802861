package wire

import (
	"bytes"
	"strings"
	"testing"
)

func TestParseMessage(t *testing.T) {
	m, err := ParseMessage([]byte("MIME-Version: 1.0\r\nContent-Type: Text/Plain;charset=\"utf-8\"; x\r\nno colon\r\n folded: x\r\nX: a\x00b\r\n\r\nbody\r\n"))
	if err != nil || string(m.Body) != "body\r\n" || m.Get("x") != "ab" || len(m.Header) != 3 {
		t.Fatalf("%+v, %v", m, err)
	}
	if kind, charset := m.Type(); kind != "text/plain" || charset != "utf-8" {
		t.Errorf("%s %s", kind, charset)
	}
	for _, bad := range []string{"", "hello", "A: b\r\n", "A: b\r\n\r"} {
		if _, err := ParseMessage([]byte(bad)); err != ErrNoHeader {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if m, err := ParseMessage([]byte("\nx")); err != nil || string(m.Body) != "x" {
		t.Errorf("no header lines: %+v, %v", m, err)
	}
}

func TestTypingNotice(t *testing.T) {
	want := "MIME-Version: 1.0\r\nContent-Type: text/x-msmsgscontrol\r\nTypingUser: a@x\r\n\r\n\r\n"
	if got := string(TypingNotice("a@x").Append(nil)); got != want {
		t.Errorf("%q", got)
	}
	if got := TypingNotice("a\r\n\r\nb").Append(nil); bytes.Count(got, []byte("\n")) != 5 {
		t.Errorf("%q", got)
	}
}

func TestAppendText(t *testing.T) {
	if got := string(AppendText(nil, "a\nb\r\nc\rd\n")); got != "a\r\nb\r\nc\r\nd\r\n" {
		t.Errorf("%q", got)
	}
}

// What is parsed and written again parses to the same, whatever is in it.
func FuzzMessage(f *testing.F) {
	f.Add([]byte("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nhi"))
	f.Add([]byte("A:\rb\n\n"))
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := ParseMessage(p)
		if err != nil {
			return
		}
		m.Type()
		again, err := ParseMessage(m.Append(nil))
		if err != nil || !bytes.Equal(again.Body, m.Body) || len(again.Header) > len(m.Header) {
			t.Fatalf("%q: %+v, then %+v, %v", p, m, again, err)
		}
		for _, h := range m.Header {
			if strings.ContainsAny(h.Name+h.Value, "\r\n\x00") {
				t.Fatalf("%q", h)
			}
		}
	})
}

func TestPeek(t *testing.T) {
	p := []byte("MIME-Version: 1.0\r\ncontent-type:  Application/x-Msnmsgrp2p ; x=y\r\nContent-Type: other\r\n\r\n\x00\n\n\x01")
	kind, body, err := Peek(p)
	if string(kind) != "Application/x-Msnmsgrp2p" || string(body) != "\x00\n\n\x01" || err != nil {
		t.Errorf("%q %q %v", kind, body, err)
	}
	if n := testing.AllocsPerRun(100, func() { Peek(p) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if _, _, err := Peek([]byte("Content-Type: x\r\n")); err != ErrNoHeader {
		t.Error(err)
	}
	if kind, _, err := Peek([]byte("X: y\n\nbody")); err != nil || len(kind) != 0 {
		t.Errorf("%q %v", kind, err)
	}
}

// Peek says what ParseMessage says, but of headers with control codes or what is
// not ASCII, which the latter cleans.
func FuzzPeek(f *testing.F) {
	f.Add([]byte("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nhi"))
	f.Fuzz(func(t *testing.T, p []byte) {
		kind, body, err := Peek(p)
		m, err2 := ParseMessage(p)
		if err != err2 || !bytes.Equal(body, m.Body) {
			t.Fatalf("%q: %v, %v", p, err, err2)
		}
		head := p[:len(p)-len(body)]
		if bytes.ContainsFunc(head, func(r rune) bool { return r < ' ' && r != '\r' && r != '\n' || r >= 0x7f }) ||
			bytes.Contains(bytes.ReplaceAll(head, []byte("\r\n"), nil), []byte{'\r'}) {
			return
		}
		if want, _ := m.Type(); err == nil && !strings.EqualFold(string(kind), want) {
			t.Fatalf("%q: %q, not %q", p, kind, want)
		}
	})
}
