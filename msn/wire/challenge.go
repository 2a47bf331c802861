package wire

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
)

// A product is a client as it names itself in QRY, and the key that it has for
// CHL (doc/protocol, 04 section 5).
type product struct {
	key    string
	hashed bool // answers with MD5 alone, as all before MSN 7.0
}

var products = map[string]product{
	"msmsgs@msnmsgr.com": {"Q1P7W2E4J9R8U3S5", true},
	"PROD0038W!61ZTF9":   {"VT6PX?UQTM4WM%YR", true},
	"PROD0058#7IL2{QD":   {"QHDCY@7R1TB6W?5B", true},
	"PROD0061VRRZH@4F":   {"JXQ6J@TUOGYV@N0M", true},
	"PROD00504RLUG%WL":   {"I2EBK%PYNLZL5_J4", true},
	"PROD0076ENE8*@AW":   {"CEQJ8}OE0!WTSWII", true},
	"PROD0090YUAUV{2B":   {"YMM8C_H7KCQ2S_KL", false},
	"PROD0101{0RM?UBW":   {"CFHUR$52U_{VIX5T", false},
	"PROD01065C%ZFN6F":   {"O4BG@C7BWLYQX?5G", false},
	"PROD0112J1LW7%NB":   {"RH96F{PHI8PPX_TJ", false},
	"PROD0113H11T8$X_":   {"RG@XY*28Q5QHS%Q5", false},
	"PROD0114ES4Z%Q5W":   {"PK}_A_0N_K%O?A9S", false},
	"PROD0118R6%2WYOS":   {"YIXPX@5I2P0UT*LK", false},
	"PROD0119GSJUC$18":   {"ILTXC!4IXB5FB*PX", false},
	"PROD0120PW!CCV9@":   {"C1BX{V4W}Q3*10SM", false},
}

// ChallengeResponse is the answer to CHL of the product called id: 32 lower-case
// hex digits. It is false for a product that is not known. What counts is the
// product, not the dialect: clients name older and newer ones than fit theirs.
func ChallengeResponse(challenge, id string) (string, bool) {
	p, ok := products[id]
	switch {
	case !ok:
		return "", false
	case p.hashed:
		return MD5Response(challenge, p.key), true
	}
	hash := md5.Sum([]byte(challenge + p.key))
	hi, lo := mix(words(hash[:]), words(padded(challenge+id)))
	for i, x := range []uint32{hi, lo, hi, lo} {
		w := hash[4*i:]
		binary.LittleEndian.PutUint32(w, binary.LittleEndian.Uint32(w)^x)
	}
	return hex.EncodeToString(hash[:]), true
}

// mix computes what the hash is combined with, of the hash and the text in words.
// All is modulo 2^31-1 and of the hash without its top bits.
func mix(hash, text []uint32) (hi, lo uint32) {
	const modulus = 1<<31 - 1
	var k [4]uint64
	for i := range k {
		k[i] = uint64(hash[i] & modulus)
	}
	var a, b uint64
	for i := 0; i+1 < len(text); i += 2 {
		t := (uint64(text[i])*0x0E79A9C1%modulus + a) % modulus
		t = (k[0]*t + k[1]) % modulus
		a = (uint64(text[i+1]) + t) % modulus
		a = (k[2]*a + k[3]) % modulus
		b = (b + a + t) % modulus
	}
	return uint32((a + k[1]) % modulus), uint32((b + k[3]) % modulus)
}

// padded brings s to a multiple of eight bytes.
func padded(s string) []byte {
	b := []byte(s)
	for len(b)%8 != 0 {
		b = append(b, '0')
	}
	return b
}

// words reads little-endian words.
func words(b []byte) []uint32 {
	ws := make([]uint32, len(b)/4)
	for i := range ws {
		ws[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return ws
}
