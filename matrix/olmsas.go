//go:build goolm

package matrix

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"maunium.net/go/mautrix/crypto/canonicaljson"
	"maunium.net/go/mautrix/crypto/verificationhelper"
)

// The methods of a comparison of short strings that we know (client-server API, 11.12.2.2).
const (
	methodSAS    = "m.sas.v1"
	agreement    = "curve25519-hkdf-sha256"
	hashSHA256   = "sha256"
	macCommon    = "hkdf-hmac-sha256.v2"
	macOld       = "hkdf-hmac-sha256" // of libolm, in wrong base64
	stringsEmoji = "emoji"
)

// A party is one of the two devices of a comparison, as the calculations name it.
type party struct {
	user, device string
	public       string // its key for the comparison, in unpadded base64
}

// A sas is what both devices calculate.
type sas struct {
	txn    string
	us     party
	them   party
	secret *ecdh.PrivateKey
	ours   bool   // we have sent the start
	mac    string // the method by which keys are confirmed
}

func newSAS(txn string, us, them party) (*sas, error) {
	secret, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	us.public = base64.RawStdEncoding.EncodeToString(secret.PublicKey().Bytes())
	return &sas{txn: txn, us: us, them: them, secret: secret}, nil
}

// commitment binds a device to its key before it has seen the other's.
func commitment(public string, start json.RawMessage) (string, error) {
	canonical := slices.Clone(start)
	if err := canonicaljson.Canonicalize(&canonical); err != nil {
		return "", err
	}
	sum := sha256.Sum256(append([]byte(public), canonical...))
	return base64.RawStdEncoding.EncodeToString(sum[:]), nil
}

// shared is the secret that both devices have.
func (s *sas) shared() ([]byte, error) {
	raw, err := base64.RawStdEncoding.DecodeString(unpadded(s.them.public))
	if err != nil {
		return nil, err
	}
	public, err := ecdh.X25519().NewPublicKey(raw)
	if err != nil {
		return nil, err
	}
	return s.secret.ECDH(public)
}

// emoji are the numbers of the seven emoji to compare.
func (s *sas) emoji() ([7]int, error) {
	first, second := s.them, s.us
	if s.ours {
		first, second = s.us, s.them
	}
	info := strings.Join([]string{
		"MATRIX_KEY_VERIFICATION_SAS", first.user, first.device, first.public,
		second.user, second.device, second.public, s.txn,
	}, "|")
	var numbers [7]int
	secret, err := s.shared()
	if err != nil {
		return numbers, err
	}
	raw, err := hkdf.Key(sha256.New, secret, nil, info, 6)
	if err != nil {
		return numbers, err
	}
	var bits uint64
	for _, b := range raw {
		bits = bits<<8 | uint64(b)
	}
	for i := range numbers {
		numbers[i] = int(bits >> (42 - 6*i) & 63)
	}
	return numbers, nil
}

// confirm is the proof of one device that it means this key.
func (s *sas) confirm(from, to party, name, key string) (string, error) {
	secret, err := s.shared()
	if err != nil {
		return "", err
	}
	info := "MATRIX_KEY_VERIFICATION_MAC" + from.user + from.device + to.user + to.device + s.txn + name
	macKey, err := hkdf.Key(sha256.New, secret, nil, info, 32)
	if err != nil {
		return "", err
	}
	h := hmac.New(sha256.New, macKey)
	h.Write([]byte(key))
	if s.mac == macOld {
		//lint:ignore SA1019 it is libolm that is wrong, and others have nothing else
		return verificationhelper.BrokenB64Encode(h.Sum(nil)), nil
	}
	return base64.RawStdEncoding.EncodeToString(h.Sum(nil)), nil
}

// confirmed tells whether the other device means all of these keys: by name, their proofs, and the
// proof of the list of names.
func (s *sas) confirmed(proofs map[string]string, list string, keys map[string]string) bool {
	names := make([]string, 0, len(proofs))
	for name := range proofs {
		names = append(names, name)
	}
	slices.Sort(names)
	want, err := s.confirm(s.them, s.us, "KEY_IDS", strings.Join(names, ","))
	if err != nil || !equalProof(want, list) {
		return false
	}
	for name, key := range keys {
		want, err := s.confirm(s.them, s.us, name, key)
		if err != nil || !equalProof(want, proofs[name]) {
			return false
		}
	}
	return true
}

func equalProof(a, b string) bool { return hmac.Equal([]byte(unpadded(a)), []byte(unpadded(b))) }

func unpadded(s string) string { return strings.TrimRight(s, "=") }
