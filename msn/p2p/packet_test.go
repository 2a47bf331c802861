package p2p

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// bytesOf reads hexadecimal with blanks.
func bytesOf(t testing.TB, s string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Vectors made by hand from doc/protocol, 03 section 7.
var vectors = []struct {
	name string
	hex  string
	want Packet
}{{
	"part of a picture", `
	04030201 14131211 b204000000000000 be04000000000000 03000000 20000000
	24232221 00000000 0000000000000000 61 00 ff 00000001`,
	Packet{
		Header{Session: 0x01020304, ID: 0x11121314, Offset: 1202, Total: 1214, Size: 3, Flags: FlagObject, AckID: 0x21222324},
		[]byte("a\x00\xff"), AppObject,
	},
}, {
	"acknowledgement", `
	00000000 78563412 0000000000000000 0102000000000000 00000000 02000000
	efbeadde 0df0ad0b 0102000000000000 00000000`,
	Packet{
		Header{ID: 0x12345678, Total: 513, Flags: FlagAck, AckID: 0xdeadbeef, AckUnique: 0x0badf00d, AckSize: 513},
		[]byte{}, AppNone,
	},
}, {
	"part of a large file", `
	01000000 02000000 0000008000000000 0000000001000000 01000000 30000001
	03000000 00000000 0000000000000000 2a 00000002`,
	Packet{
		Header{Session: 1, ID: 2, Offset: 1 << 31, Total: 1 << 32, Size: 1, Flags: FlagCompatible | FlagFile | FlagObject, AckID: 3},
		[]byte{42}, AppFile,
	},
}}

func TestPacket(t *testing.T) {
	for _, v := range vectors {
		b := bytesOf(t, v.hex)
		p, err := Parse(b)
		if err != nil || !reflect.DeepEqual(p, v.want) {
			t.Errorf("%s: %+v, %v", v.name, p, err)
		}
		if got := v.want.Append(nil); !bytes.Equal(got, b) {
			t.Errorf("%s: %x", v.name, got)
		}
	}
}

func TestMalformed(t *testing.T) {
	good := bytesOf(t, vectors[0].hex)
	change := func(at int, to byte) []byte {
		b := bytes.Clone(good)
		b[at] = to
		return b
	}
	for name, b := range map[string][]byte{
		"nothing":                   nil,
		"header alone":              good[:HeaderLen],
		"a byte missing":            good[:len(good)-1],
		"a byte too many":           append(bytes.Clone(good), 0),
		"says too few":              change(24, 2),
		"says too many":             change(24, 4),
		"says far too many":         change(27, 0xff),
		"behind the message":        change(8, 0xff),
		"reaches over the end":      change(8, 0xbc),
		"offset that overflows":     change(15, 0xff),
		"message smaller than this": change(17, 0),
	} {
		if p, err := Parse(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func TestAck(t *testing.T) {
	h := Header{Session: 5, ID: 0xdeadbeef, Offset: 500, Total: 513, Size: 13, AckID: 0x0badf00d}
	got := h.Ack(7)
	want := Packet{Header: Header{Session: 5, ID: 7, Total: 513, Flags: 2, AckID: 0xdeadbeef, AckUnique: 0x0badf00d, AckSize: 513}}
	if !reflect.DeepEqual(got, want) || got.IsPart() {
		t.Errorf("%+v", got)
	}
}

func TestSplit(t *testing.T) {
	for size, sizes := range map[int][]int{0: nil, 1: {1}, 1202: {1202}, 1203: {1202, 1}, 3000: {1202, 1202, 596}} {
		var got []int
		data := bytes.Repeat([]byte("x"), size)
		at := 0
		for _, p := range Split(Header{ID: 9, AckID: 8}, AppFile, data) {
			if int(p.Offset) != at || int(p.Total) != size || p.ID != 9 || p.AckID != 8 || p.App != AppFile || !p.IsPart() {
				t.Errorf("%d: %+v", size, p.Header)
			}
			at += len(p.Data)
			got = append(got, int(p.Size))
		}
		if !reflect.DeepEqual(got, sizes) {
			t.Errorf("%d: %v", size, got)
		}
	}
}

// What is a packet is written again byte by byte, and nothing beyond its bytes is
// read.
func FuzzPacket(f *testing.F) {
	for _, v := range vectors {
		f.Add(bytesOf(f, v.hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Parse(b)
		if err != nil {
			return
		}
		if len(p.Data) != len(b)-HeaderLen-FooterLen || p.Offset+uint64(p.Size) > p.Total {
			t.Fatalf("%+v", p.Header)
		}
		if again := p.Append(nil); !bytes.Equal(again, b) {
			t.Fatalf("%x\n%x", b, again)
		}
		ack := p.Ack(1)
		if _, err := Parse(ack.Append(nil)); err != nil {
			t.Fatal(err)
		}
	})
}
