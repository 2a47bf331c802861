package web

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
)

const (
	maxPixels    = 40_000_000
	memory       = 256 << 20 // bytes for all images that are being decoded, as they are estimated
	mostDecoding = 2         // images that are being decoded at once
)

// cost is how much memory it takes to decode an image, in bytes: an error if that is too much. The
// pixels and their format are known from the header.
func cost(k kind, c image.Config, data []byte) (int64, error) {
	pixels := int64(c.Width) * int64(c.Height)
	if c.Width <= 0 || c.Height <= 0 || pixels > maxPixels {
		return 0, fmt.Errorf("an image of %d x %d pixels", c.Width, c.Height)
	}
	if k.media == "image/webp" {
		if err := checkWebP(c, data); err != nil {
			return 0, err
		}
	}
	need := pixels*perPixel(k, c.ColorModel, data) + int64(len(data))
	if need > memory {
		return 0, fmt.Errorf("an image that takes %d bytes", need)
	}
	return need, nil
}

// perPixel is how many bytes a pixel takes at most while it is decoded.
func perPixel(k kind, m color.Model, data []byte) int64 {
	switch {
	case k.media == "image/jpeg":
		return perPixelJPEG(m, data)
	case k.media == "image/webp":
		return 8 // four for what is predicted, four for the colours
	}
	whole := int64(4)
	if m == color.RGBA64Model || m == color.NRGBA64Model {
		whole = 8
	}
	if k.media == "image/png" && interlaced(data) {
		return 2 * whole // the passes are images too
	}
	return whole
}

// interlaced tells whether a PNG comes in passes (PNG, 11.2.1: the last byte of IHDR).
func interlaced(data []byte) bool { return len(data) > 28 && data[28] != 0 }

// perPixelJPEG: where it is in several scans of the whole image, there are all coefficients, in four
// bytes each, before there are colours.
func perPixelJPEG(m color.Model, data []byte) int64 {
	colours, result := int64(3), int64(0)
	if m == color.GrayModel {
		colours = 1
	} else if fourColours(m) {
		colours, result = 4, 4
	} else if m == color.RGBAModel {
		result = 4
	}
	if progressive(data) {
		return 5*colours + result
	}
	return colours + result
}

func fourColours(m color.Model) bool { return m == color.CMYKModel }

// progressive tells whether a JPEG is in several scans of the whole image: its frame begins with SOF2
// (ITU-T T.81, table B.1). What cannot be read counts as such.
func progressive(data []byte) bool {
	for i := 2; i+4 <= len(data) && data[i] == 0xff; {
		marker := data[i+1]
		switch {
		case marker == 0xff: // padding
			i++
			continue
		case marker == 0xc0 || marker == 0xc1:
			return false
		}
		if 0xd0 <= marker && marker <= 0xd9 || marker == 0x01 { // without a length
			i += 2
			continue
		}
		i += 2 + int(binary.BigEndian.Uint16(data[i+2:]))
		if marker == 0xc2 {
			return true
		}
	}
	return true
}
