package matrix

import (
	"encoding/json"
	"strings"

	"maunium.net/go/mautrix/crypto/attachment"

	"msnbridge/bridge"
)

// fileTypes are the kinds of messages that bring a file.
var fileTypes = map[string]bool{"m.image": true, "m.video": true, "m.audio": true, "m.file": true}

// attached is what an event says of the file that it brings (client-server API, 11.2.1 and 11.11; an
// encrypted one, 11.12.1.7).
type attached struct {
	MsgType  string `json:"msgtype"`
	Body     string `json:"body"`
	FileName string `json:"filename"`
	URL      string `json:"url"`
	File     *struct {
		URL string `json:"url"`
		attachment.EncryptedFile
	} `json:"file"`
	Info struct {
		Size     int64  `json:"size"`
		MimeType string `json:"mimetype"`
	} `json:"info"`
}

// fileOf is the file that an event brings; nil if there is none that we can open.
func fileOf(eventType string, raw json.RawMessage) *bridge.File {
	var a attached
	if eventType != typeMessage && eventType != typeSticker || !lenient(raw, &a) {
		return nil
	}
	if eventType == typeMessage && !fileTypes[a.MsgType] {
		return nil
	}
	ref, ok := a.ref()
	if !ok {
		return nil
	}
	return &bridge.File{
		Name: cleanName(orSo(a.FileName, a.Body)), Type: cleanLine(a.Info.MimeType, maxName),
		Size: max(a.Info.Size, 0), Ref: ref.String(),
	}
}

// ref is where the file is. Some clients pad the keys, which they should not.
func (a *attached) ref() (fileRef, bool) {
	r := fileRef{MXC: a.URL}
	if f := a.File; f != nil {
		if f.Version != "v2" || f.Key.Algorithm != "A256CTR" {
			return fileRef{}, false
		}
		unpadded := func(s string) string { return strings.TrimRight(s, "=") }
		r = fileRef{f.URL, unpadded(f.Key.Key), unpadded(f.InitVector), unpadded(f.Hashes.SHA256)}
		if r.cipher() == nil {
			return fileRef{}, false
		}
	}
	_, ok := parseMXC(r.MXC)
	return r, ok
}
