package web

import (
	"encoding/binary"
	"fmt"
	"image"
)

// checkWebP is an error if an image in a WebP container is of another size than the container's header
// (VP8X) says. The decoder would believe the header when it is asked for the size, and the image when it
// takes memory. They have to be the same (RFC 9649, 2.7.1.1).
func checkWebP(c image.Config, data []byte) error {
	for at := 12; at+8 <= len(data); { // after "RIFF", a length and "WEBP"
		kind, size := string(data[at:at+4]), int64(binary.LittleEndian.Uint32(data[at+4:]))
		is, ok := webpSize(kind, data[at+8:])
		if ok && is != image.Pt(c.Width, c.Height) {
			return fmt.Errorf("an image of %d x %d pixels, which says that it has %d x %d", is.X, is.Y, c.Width, c.Height)
		}
		next := int64(at) + 8 + size + size&1
		if next > int64(len(data)) {
			break
		}
		at = int(next)
	}
	return nil
}

// webpSize is the size of an image, if a chunk has one: 14 bits each way, of which the lossless kind
// has one less (RFC 6386, 9.1; RFC 9649, 3.4).
func webpSize(kind string, chunk []byte) (image.Point, bool) {
	const mask = 1<<14 - 1
	switch {
	case kind == "VP8 " && len(chunk) >= 10:
		return image.Pt(int(binary.LittleEndian.Uint16(chunk[6:])&mask), int(binary.LittleEndian.Uint16(chunk[8:])&mask)), true
	case kind == "VP8L" && len(chunk) >= 5:
		bits := binary.LittleEndian.Uint32(chunk[1:])
		return image.Pt(int(bits&mask)+1, int(bits>>14&mask)+1), true
	}
	return image.Point{}, false
}
