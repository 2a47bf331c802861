package web

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

var (
	red  = color.RGBA{255, 0, 0, 255}
	blue = color.RGBA{0, 0, 255, 255}
)

// halves is an image that is red in its left half and blue in its right.
func halves(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, red)
			if x >= w/2 {
				m.SetRGBA(x, y, blue)
			}
		}
	}
	return m
}

// glass is halves with a hole in the middle.
func glass(w, h int) *image.RGBA {
	m := halves(w, h)
	for y := h / 4; y < h*3/4; y++ {
		for x := w / 4; x < w*3/4; x++ {
			m.SetRGBA(x, y, color.RGBA{})
		}
	}
	return m
}

func encode(t testing.TB, f func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, m image.Image) []byte {
	return encode(t, func(b *bytes.Buffer) error { return png.Encode(b, m) })
}

func jpegOf(t testing.TB, m image.Image) []byte {
	return encode(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, m, nil) })
}

func bmpOf(t testing.TB, m image.Image) []byte {
	return encode(t, func(b *bytes.Buffer) error { return bmp.Encode(b, m) })
}

func tiffOf(t testing.TB, m image.Image) []byte {
	return encode(t, func(b *bytes.Buffer) error { return tiff.Encode(b, m, nil) })
}

// gifOf is an animation of two frames.
func gifOf(t testing.TB, w, h int) []byte {
	frame := func(c color.Color) *image.Paletted {
		return image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{c, color.Black})
	}
	return encode(t, func(b *bytes.Buffer) error {
		return gif.EncodeAll(b, &gif.GIF{Image: []*image.Paletted{frame(red), frame(blue)}, Delay: []int{10, 10}})
	})
}

func testFile(t testing.TB, name string) []byte {
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// turnedJPEG is a JPEG with an Exif header that says how it was taken.
func turnedJPEG(t testing.TB, m image.Image, o orient) []byte {
	data := jpegOf(t, m)
	exif := append([]byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"), byte(o))
	exif = append(exif, 0, 0, 0, 0, 0, 0)
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(exif)+2))
	return append(append(head, exif...), data[2:]...)
}

// bomb is a PNG that says it has so many pixels, and has none.
func bomb(w, h uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n")
	ihdr := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	ihdr = append(binary.BigEndian.AppendUint32(ihdr, h), 8, 6, 0, 0, 0)
	for _, chunk := range [][]byte{ihdr, []byte("IDAT\x78\x9c"), []byte("IEND")} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(chunk)-4))
		b = append(b, chunk...)
		b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
	}
	return b
}

// lyingWebP is a WebP file whose header says w x h, with a lossless image that says iw x ih.
func lyingWebP(w, h, iw, ih uint32) []byte {
	canvas := binary.LittleEndian.AppendUint32(nil, 0)
	canvas = append(canvas, byte(w-1), byte((w-1)>>8), 0, byte(h-1), byte((h-1)>>8), 0)
	is := binary.LittleEndian.AppendUint32([]byte{0x2f}, iw-1|(ih-1)<<14)
	is = append(is, make([]byte, 15)...)
	b := append([]byte("WEBPVP8X"), binary.LittleEndian.AppendUint32(nil, uint32(len(canvas)))...)
	b = append(append(b, canvas...), "VP8L"...)
	b = append(binary.LittleEndian.AppendUint32(b, uint32(len(is))), is...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(b))), b...)
}

// near tells whether two colours look the same.
func near(a, b color.Color) bool {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	far := func(x, y uint32) bool { return max(x, y)-min(x, y) > 0x2800 }
	return !far(ar, br) && !far(ag, bg) && !far(ab, bb)
}
