package store

import (
	"bytes"
	"testing"
)

func TestKeysForPurposes(t *testing.T) {
	c := Config{Dir: t.TempDir()}
	s := open(t, c)
	one, err := s.KeyFor("one")
	if err != nil || len(one) != keySize || bytes.Equal(one, s.seal.key) {
		t.Fatalf("%d bytes, %v", len(one), err)
	}
	if two, _ := s.KeyFor("two"); bytes.Equal(one, two) {
		t.Error("two purposes have the same key")
	}
	closeStore(t, s)
	if again, _ := open(t, c).KeyFor("one"); !bytes.Equal(one, again) {
		t.Error("another key after a restart")
	}
}
