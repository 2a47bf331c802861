package matrix

import (
	"encoding/json"
	"errors"
	"strings"

	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/id"
)

// maxRef is the length of the longest reference to a file that we make, in bytes.
const maxRef = 2048

// A mediaURI is where a file is: on whose server, and under what name there.
type mediaURI struct{ server, media string }

// parseMXC reads an mxc URI. The name may be made of few characters only, and the server name must be
// one, because both become parts of a path (client-server API, 11.7, "Matrix Content (mxc://) URIs" and
// "Security considerations").
func parseMXC(uri string) (mediaURI, bool) {
	rest, ok := strings.CutPrefix(uri, "mxc://")
	server, media, found := strings.Cut(rest, "/")
	if !ok || !found || media == "" || len(media) > maxID || strings.IndexFunc(media, notMediaID) >= 0 {
		return mediaURI{}, false
	}
	if !id.ValidateServerName(server) || server[0] == '.' || strings.Contains(server, "..") {
		return mediaURI{}, false
	}
	return mediaURI{server, media}, true
}

func notMediaID(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_' && r != '-'
}

// A fileRef is what File.Ref says: where a file is, and how it is decrypted. The keys are empty if it is
// not encrypted.
type fileRef struct {
	MXC  string `json:"mxc"`
	Key  string `json:"key,omitempty"`
	IV   string `json:"iv,omitempty"`
	Hash string `json:"sha256,omitempty"`
}

var errNoRef = errors.New("a file's reference that is none of ours")

// parseRef is the inverse of fileRef.String.
func parseRef(ref string) (fileRef, error) {
	var r fileRef
	if len(ref) > maxRef || json.Unmarshal([]byte(ref), &r) != nil {
		return fileRef{}, errNoRef
	}
	if _, ok := parseMXC(r.MXC); !ok || r.sealed() && r.cipher() == nil {
		return fileRef{}, errNoRef
	}
	return r, nil
}

func (r fileRef) String() string {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings alone
	}
	return string(b)
}

func (r fileRef) uri() mediaURI {
	u, _ := parseMXC(r.MXC)
	return u
}

func (r fileRef) sealed() bool { return r.Key != "" || r.IV != "" || r.Hash != "" }

// cipher is what decrypts the file; nil if the keys are nonsense.
func (r fileRef) cipher() *attachment.EncryptedFile {
	f := &attachment.EncryptedFile{
		Key: attachment.JSONWebKey{Key: r.Key, Algorithm: "A256CTR"}, InitVector: r.IV,
		Hashes: attachment.EncryptedFileHashes{SHA256: r.Hash}, Version: "v2",
	}
	if f.PrepareForDecryption() != nil {
		return nil
	}
	return f
}
