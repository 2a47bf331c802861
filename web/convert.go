package web

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

const quality = 85 // of a JPEG

// decoders are for the images among kinds. They are called by what a file is, and not by way of package
// image, which hides that the data can be read at any place: for want of that TIFF's reserves memory.
var decoders = map[string]struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}{
	"image/jpeg": {jpeg.DecodeConfig, jpeg.Decode},
	"image/png":  {png.DecodeConfig, png.Decode},
	"image/gif":  {gif.DecodeConfig, gif.Decode},
	"image/webp": {webp.DecodeConfig, webp.Decode},
	"image/bmp":  {bmp.DecodeConfig, bmp.Decode},
	"image/tiff": {tiff.DecodeConfig, tiff.Decode},
}

// convert makes a picture that fits of an image.
func convert(k kind, data []byte, turned orient, want wanted) (p *picture, err error) {
	defer func() {
		if r := recover(); r != nil { // a decoder has met something that its author did not think of
			err = fmt.Errorf("decode an image: %v", r)
		}
	}()
	m, err := decoders[k.media].decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if m.Bounds().Empty() {
		return nil, errors.New("an empty image")
	}
	if turned.sideways() {
		want.width, want.height = want.height, want.width
	}
	small := turned.apply(shrink(m, want.width, want.height))
	if want.png && !small.Opaque() {
		return encodePNG(small)
	}
	return encodeJPEG(small)
}

func encodePNG(m *image.RGBA) (*picture, error) {
	var b bytes.Buffer
	err := png.Encode(&b, m)
	return &picture{kinds["image/png"], b.Bytes()}, err
}

// encodeJPEG shows what is transparent as white.
func encodeJPEG(m *image.RGBA) (*picture, error) {
	if !m.Opaque() {
		flat := image.NewRGBA(m.Bounds())
		draw.Draw(flat, flat.Bounds(), image.White, image.Point{}, draw.Src)
		draw.Draw(flat, flat.Bounds(), m, m.Bounds().Min, draw.Over)
		m = flat
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality})
	return &picture{kinds["image/jpeg"], b.Bytes()}, err
}

// shrink makes an image of at most this size, with the same proportions.
func shrink(m image.Image, width, height int) *image.RGBA {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	nw, nh := fitted(w, h, width, height)
	if k := min(w/nw, h/nh); k >= 2 {
		m = average(m, k)
	}
	small := image.NewRGBA(image.Rect(0, 0, nw, nh))
	if m.Bounds().Dx() == nw && m.Bounds().Dy() == nh {
		draw.Draw(small, small.Bounds(), m, m.Bounds().Min, draw.Src)
	} else {
		draw.ApproxBiLinear.Scale(small, small.Bounds(), m, m.Bounds(), draw.Src, nil)
	}
	return small
}

// fitted is the size of a w x h image within width x height.
func fitted(w, h, width, height int) (nw, nh int) {
	if w <= width && h <= height {
		return w, h
	}
	if w*height >= h*width {
		return width, max(1, h*width/w)
	}
	return max(1, w*height/h), height
}

// average makes one pixel of each square of k x k, which no fine line is lost in. At the edges there may
// be less.
func average(m image.Image, k int) image.Image {
	b := m.Bounds()
	small := image.NewRGBA(image.Rect(0, 0, (b.Dx()+k-1)/k, (b.Dy()+k-1)/k))
	at := pixels(m)
	for y := range small.Rect.Dy() {
		for x := range small.Rect.Dx() {
			from := image.Pt(b.Min.X+x*k, b.Min.Y+y*k)
			small.SetRGBA(x, y, mean(at, image.Rectangle{Min: from, Max: from.Add(image.Pt(k, k))}.Intersect(b)))
		}
	}
	return small
}

// pixels is how the pixels of an image are read, without an allocation for each where that is possible.
func pixels(m image.Image) func(x, y int) color.RGBA64 {
	if fast, ok := m.(image.RGBA64Image); ok {
		return fast.RGBA64At
	}
	return func(x, y int) color.RGBA64 { return color.RGBA64Model.Convert(m.At(x, y)).(color.RGBA64) }
}

func mean(at func(x, y int) color.RGBA64, in image.Rectangle) color.RGBA {
	var r, g, b, a uint64
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			c := at(x, y)
			r, g, b, a = r+uint64(c.R), g+uint64(c.G), b+uint64(c.B), a+uint64(c.A)
		}
	}
	n := uint64(in.Dx()*in.Dy()) << 8
	return color.RGBA{uint8(r / n), uint8(g / n), uint8(b / n), uint8(a / n)}
}
