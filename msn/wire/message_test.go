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
