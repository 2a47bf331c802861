package store

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"strconv"
)

// sealFormat is the first byte of every sealed value. It is followed by nonce,
// ciphertext and tag.
const sealFormat = 1

// checkText is what store_info.key_check holds.
const checkText = "msnbridge"

var (
	errSealed   = errors.New("sealed value is damaged or not in its place")
	errWrongKey = errors.New("this is not the key that the database was sealed with")
)

// A place names where a sealed value is kept: table, column and primary key. A
// value opens nowhere else.
type place []string

// A sealer keeps secrets from those who can read or write the database only.
type sealer struct {
	aead   cipher.AEAD
	key    []byte
	source string // where the key is, for messages
}

// newSealer takes a key of 32 bytes.
func newSealer(key []byte, source string) (*sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &sealer{aead, key, source}, err
}

func (s *sealer) seal(plain []byte, at place) []byte {
	sealed := make([]byte, 1, 1+len(plain)+s.aead.Overhead())
	sealed[0] = sealFormat
	return s.aead.Seal(sealed, nil, plain, at.bytes())
}

// open returns the value sealed at this place; empty but not nil if that was empty.
func (s *sealer) open(sealed []byte, at place) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != sealFormat {
		return nil, errSealed
	}
	plain, err := s.aead.Open([]byte{}, nil, sealed[1:], at.bytes())
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}

// bytes writes a place so that no two places look alike.
func (p place) bytes() []byte {
	var b []byte
	for _, s := range p {
		s = cleanText(s)
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return b
}

func passwordAt(handle string) place         { return place{"accounts.password", handle} }
func secretAt(account, network string) place { return place{"logins.secret", account, network} }
func stateAt(account, network, key string) place {
	return place{"login_state.value", account, network, key}
}
func fileAt(account string, number int64) place {
	return place{"waiting.file", account, strconv.FormatInt(number, 10)}
}
func checkAt() place { return place{"store_info.key_check"} }

// check makes the value that verify recognizes.
func (s *sealer) check() []byte { return s.seal([]byte(checkText), checkAt()) }

// verify tells whether check was sealed with the same key.
func (s *sealer) verify(check []byte) error {
	plain, err := s.open(check, checkAt())
	if err != nil || !bytes.Equal(plain, []byte(checkText)) {
		return keyError(s.source, errWrongKey, "restore the one that belongs to it")
	}
	return nil
}
