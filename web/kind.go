package web

import (
	"bytes"
	"mime"
	"net/http"
	"strings"
)

const unknownType = "application/octet-stream"

// A kind is what a file is, by its content.
type kind struct {
	media string
	ext   string // what its names end in
	image bool   // one that we can decode
}

// kinds are what is told apart; all else is just bytes. Nothing that a browser might run is among them.
var kinds = map[string]kind{
	"image/jpeg":       {"image/jpeg", ".jpg", true},
	"image/png":        {"image/png", ".png", true},
	"image/gif":        {"image/gif", ".gif", true},
	"image/webp":       {"image/webp", ".webp", true},
	"image/bmp":        {"image/bmp", ".bmp", true},
	"image/tiff":       {"image/tiff", ".tif", true},
	"image/avif":       {"image/avif", ".avif", false},
	"image/heic":       {"image/heic", ".heic", false},
	"audio/mpeg":       {"audio/mpeg", ".mp3", false},
	"audio/wave":       {"audio/x-wav", ".wav", false}, // as old browsers know it
	"audio/midi":       {"audio/mid", ".mid", false},
	"application/ogg":  {"application/ogg", ".ogg", false},
	"video/mp4":        {"video/mp4", ".mp4", false},
	"video/webm":       {"video/webm", ".webm", false},
	"video/avi":        {"video/avi", ".avi", false},
	"application/pdf":  {"application/pdf", ".pdf", false},
	"application/zip":  {"application/zip", ".zip", false},
	"application/gzip": {"application/x-gzip", ".gz", false},
}

// sniffed is how much of a file is looked at to see what it is.
const sniffed = 512

// kindOf tells what a file is from its first bytes. What the sender says does not count.
func kindOf(head []byte) kind {
	media, _, _ := mime.ParseMediaType(http.DetectContentType(head))
	media = strings.Replace(media, "application/x-gzip", "application/gzip", 1)
	if media == unknownType || media == "video/mp4" {
		media = tellApart(head, media)
	}
	if k, ok := kinds[media]; ok {
		return k
	}
	return kind{media: unknownType}
}

// tellApart knows what the library does not: TIFF, and what else is in the container of MP4 (ISO/IEC
// 14496-12, "ftyp").
func tellApart(head []byte, media string) string {
	switch {
	case bytes.HasPrefix(head, []byte("II*\x00")) || bytes.HasPrefix(head, []byte("MM\x00*")):
		return "image/tiff"
	case len(head) < 12 || string(head[4:8]) != "ftyp":
		return media
	}
	if brand, ok := brands[string(head[8:12])]; ok {
		return brand
	}
	return media
}

var brands = map[string]string{
	"avif": "image/avif", "avis": "image/avif",
	"heic": "image/heic", "heix": "image/heic", "heim": "image/heic", "mif1": "image/heic", "msf1": "image/heic",
}

// shownAsJPEG are the ends of names of images that are mostly shown as something else.
var shownAsJPEG = map[string]bool{".webp": true, ".tif": true, ".tiff": true, ".bmp": true, ".jpeg": true, ".jfif": true}

// extensionOf is what names of a media type end in, if we know it.
func extensionOf(media string) string {
	media, _, _ = mime.ParseMediaType(media)
	return kinds[media].ext
}
