package p2p

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

var noon = time.Date(2004, 5, 1, 12, 0, 0, 0, time.UTC)

// parts splits a message of so many bytes.
func parts(id uint32, size int) ([]byte, []Packet) {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i)
	}
	return data, Split(Header{ID: id, AckID: 1}, AppNone, data)
}

// add adds parts and returns what the last one brought.
func add(a *Assembler, peer string, ps ...Packet) (whole []byte, complete bool, err error) {
	for i := range ps {
		whole, complete, err = a.Add(peer, &ps[i], noon)
	}
	return whole, complete, err
}

func TestAssembler(t *testing.T) {
	for _, size := range []int{1, 256, MaxPart, MaxPart + 1, 5000, MaxMessage} {
		var a Assembler
		data, ps := parts(7, size)
		if _, complete, err := add(&a, "ann", ps[:len(ps)-1]...); complete || err != nil {
			t.Fatalf("%d: %v %v before the last part", size, complete, err)
		}
		whole, complete, err := add(&a, "ann", ps[len(ps)-1])
		if !complete || err != nil || !bytes.Equal(whole, data) || len(a.open) != 0 {
			t.Errorf("%d: %v %v, %d open", size, complete, err, len(a.open))
		}
	}
}

// Messages to several people, and several to one, may come between each other.
func TestAssemblerMixed(t *testing.T) {
	var a Assembler
	one, first := parts(1, 3000)
	two, second := parts(2, 3001)
	add(&a, "ann", first[0])
	add(&a, "ben", first[0])
	add(&a, "ann", second[0], first[1])
	if whole, _, _ := add(&a, "ann", first[2]); !bytes.Equal(whole, one) {
		t.Error("first")
	}
	if whole, _, _ := add(&a, "ann", second[1:]...); !bytes.Equal(whole, two) {
		t.Error("second")
	}
	if whole, _, _ := add(&a, "ben", first[1:]...); !bytes.Equal(whole, one) {
		t.Error("of another")
	}
}

func TestAssemblerOrder(t *testing.T) {
	_, ps := parts(1, 5000)
	other := ps[1]
	other.Total++
	session := ps[1]
	session.Session++
	empty := ps[1]
	empty.Data = nil
	for name, bad := range map[string][]Packet{
		"gap":         {ps[0], ps[2]},
		"twice":       {ps[0], ps[1], ps[1]},
		"no first":    {ps[1]},
		"other total": {ps[0], other},
		"session":     {ps[0], session},
		"empty":       {ps[0], empty},
	} {
		var a Assembler
		if _, complete, err := add(&a, "ann", bad...); complete || !errors.Is(err, ErrOutOfOrder) {
			t.Errorf("%s: %v %v", name, complete, err)
		}
		if _, complete, err := add(&a, "ann", ps[2:]...); complete || !errors.Is(err, ErrOutOfOrder) {
			t.Errorf("%s: goes on with %v %v", name, complete, err)
		}
	}
	var a Assembler // begun anew
	if _, complete, err := add(&a, "ann", append(ps[:2:2], ps...)...); !complete || err != nil {
		t.Errorf("anew: %v %v", complete, err)
	}
}

func TestAssemblerBounds(t *testing.T) {
	var a Assembler
	long := Packet{Header: Header{ID: 1, Total: MaxMessage + 1}, Data: []byte("x")}
	if _, _, err := a.Add("ann", &long, noon); !errors.Is(err, ErrTooLong) || len(a.open) != 0 {
		t.Errorf("%v, %d open", err, len(a.open))
	}
	for id := range uint32(100) {
		_, ps := parts(id, MaxMessage)
		add(&a, "ann", ps[0])
	}
	if len(a.open) != mostOpen {
		t.Errorf("%d open", len(a.open))
	}
	_, ps := parts(99, MaxMessage)
	if _, _, err := a.Add("ann", &ps[1], noon.Add(openTime+1)); !errors.Is(err, ErrOutOfOrder) || len(a.open) != 0 {
		t.Errorf("too late: %v, %d open", err, len(a.open))
	}
}

// Whatever comes, what is kept stays bounded, and what is complete has the length
// that was announced.
func FuzzAssembler(f *testing.F) {
	_, ps := parts(1, 3000)
	for i := range ps {
		f.Add(ps[i].Append(nil), uint8(i))
	}
	f.Fuzz(func(t *testing.T, in []byte, cut uint8) {
		var a Assembler
		for len(in) > 0 {
			n := min(len(in), HeaderLen+FooterLen+int(cut))
			p, err := Parse(in[:n])
			in = in[n:]
			if err != nil {
				continue
			}
			whole, complete, _ := a.Add("ann", &p, noon)
			if complete && uint64(len(whole)) != p.Total || len(whole) > MaxMessage || len(a.open) > mostOpen {
				t.Fatalf("%d bytes of %d, %d open", len(whole), p.Total, len(a.open))
			}
		}
	})
}
