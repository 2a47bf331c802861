package wire

import (
	"crypto/md5"
	"encoding/hex"
)

// MD5Response is the answer to a challenge in the security package MD5 and to
// CHL: the MD5 of challenge and secret, one after the other, in lower-case hex
// (doc/protocol, 04).
func MD5Response(challenge, secret string) string {
	sum := md5.Sum([]byte(challenge + secret))
	return hex.EncodeToString(sum[:])
}
