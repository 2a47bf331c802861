package web

import (
	"bytes"
	"image"
	"image/color"

	"github.com/bep/imagemeta"
)

// An orient is how an image has to be turned to be seen as it was taken (Exif, tag 0x0112): 1 to 8.
type orient int

const upright orient = 1

// metaFormats are those in which cameras say how they were held.
var metaFormats = map[string]imagemeta.ImageFormat{
	"image/jpeg": imagemeta.JPEG, "image/tiff": imagemeta.TIFF, "image/webp": imagemeta.WebP, "image/png": imagemeta.PNG,
}

// orientation is how an image has to be turned. What cannot be read is upright.
func orientation(k kind, data []byte) (o orient) {
	format, ok := metaFormats[k.media]
	if !ok {
		return upright
	}
	defer func() {
		if recover() != nil {
			o = upright
		}
	}()
	o = upright
	_, _ = imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(data), ImageFormat: format, Sources: imagemeta.EXIF,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool { return tag.Tag == "Orientation" && tag.Namespace == "IFD0" },
		HandleTag: func(tag imagemeta.TagInfo) error {
			if n, ok := tag.Value.(uint16); ok && 1 <= n && n <= 8 {
				o = orient(n)
			}
			return imagemeta.ErrStopWalking
		},
		Warnf: func(string, ...any) {},
	})
	return o
}

// sideways tells whether width and height change places.
func (o orient) sideways() bool { return o >= 5 }

// apply turns an image.
func (o orient) apply(m *image.RGBA) *image.RGBA {
	if o <= upright || o > 8 {
		return m
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	size := image.Pt(w, h)
	if o.sideways() {
		size = image.Pt(h, w)
	}
	turned := image.NewRGBA(image.Rectangle{Max: size})
	for y := range h {
		for x := range w {
			p := o.place(x, y, w, h)
			turned.SetRGBA(p.X, p.Y, at(m, x, y))
		}
	}
	return turned
}

func at(m *image.RGBA, x, y int) color.RGBA { return m.RGBAAt(m.Rect.Min.X+x, m.Rect.Min.Y+y) }

// place is where a pixel of a w x h image comes to.
func (o orient) place(x, y, w, h int) image.Point {
	switch o {
	case 2:
		return image.Pt(w-1-x, y)
	case 3:
		return image.Pt(w-1-x, h-1-y)
	case 4:
		return image.Pt(x, h-1-y)
	case 5:
		return image.Pt(y, x)
	case 6:
		return image.Pt(h-1-y, x)
	case 7:
		return image.Pt(h-1-y, w-1-x)
	}
	return image.Pt(y, w-1-x)
}
