package web

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"net/http"
	"strconv"
	"testing"

	"golang.org/x/image/webp"
)

// What browsers of every age show comes as it is.
func TestShownAsItIs(t *testing.T) {
	r := newRig(t)
	for name, c := range map[string]struct {
		data  []byte
		media string
	}{
		"a.png":       {pngOf(t, halves(200, 100)), "image/png"},
		"glass.png":   {pngOf(t, glass(200, 100)), "image/png"},
		"a.jpg":       {jpegOf(t, halves(1024, 768)), "image/jpeg"},
		"a.gif":       {gifOf(t, 100, 50), "image/gif"},
		"misnamed.so": {jpegOf(t, halves(8, 8)), "image/jpeg"},
	} {
		a := r.get(r.put(name, c.data))
		a.want(t, http.StatusOK, "Content-Type", c.media, "Content-Length", strconv.Itoa(len(c.data)),
			"Content-Disposition", `inline; filename="`+name+`"`)
		if !bytes.Equal(a.body, c.data) {
			t.Errorf("%s: changed", name)
		}
	}
}

// What they do not, or what is too large for them, is made into what they do.
func TestShownOtherwise(t *testing.T) {
	r := newRig(t, Config{Width: 256, Height: 192})
	for name, c := range map[string]struct {
		data  []byte
		media string
		file  string
		w, h  int
	}{
		"large.png":   {pngOf(t, halves(750, 250)), "image/jpeg", "large.jpg", 256, 85},
		"tall.jpeg":   {jpegOf(t, halves(175, 400)), "image/jpeg", "tall.jpeg", 84, 192},
		"glass.png":   {pngOf(t, glass(512, 384)), "image/png", "glass.png", 256, 192},
		"a.bmp":       {bmpOf(t, halves(100, 50)), "image/jpeg", "a.jpg", 100, 50},
		"a.tiff":      {tiffOf(t, halves(100, 50)), "image/jpeg", "a.jpg", 100, 50},
		"line.png":    {pngOf(t, halves(5000, 1)), "image/jpeg", "line.jpg", 256, 1},
		"big.gif":     {gifOf(t, 325, 25), "image/jpeg", "big.jpg", 256, 19},
		"red.webp":    {testFile(t, "red.webp"), "image/jpeg", "red.jpg", 40, 20},
		"half.webp":   {testFile(t, "half.webp"), "image/png", "half.png", 40, 20},
		"no type":     {testFile(t, "red.webp"), "image/jpeg", "no type.jpg", 40, 20},
		"turned.jpg":  {turnedJPEG(t, halves(100, 50), 6), "image/jpeg", "turned.jpg", 50, 100},
		"turned2.jpg": {turnedJPEG(t, halves(750, 250), 8), "image/jpeg", "turned2.jpg", 64, 192},
	} {
		a := r.get(r.put(name, c.data))
		a.want(t, http.StatusOK, "Content-Type", c.media, "Content-Disposition", `inline; filename="`+c.file+`"`,
			"Content-Length", strconv.Itoa(len(a.body)))
		m, format, err := image.Decode(bytes.NewReader(a.body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if "image/"+format != c.media || m.Bounds().Dx() != c.w || m.Bounds().Dy() != c.h {
			t.Errorf("%s: %s of %v, want %s of %dx%d", name, format, m.Bounds(), c.media, c.w, c.h)
		}
		if left := m.At(m.Bounds().Min.X, m.Bounds().Max.Y/2); name != "turned.jpg" && name != "turned2.jpg" && name != "half.webp" && !near(left, red) {
			t.Errorf("%s: %v on the left", name, left)
		}
	}
}

// An image taken with the camera on its side is turned.
func TestTurned(t *testing.T) {
	r := newRig(t)
	for o, want := range map[orient]struct{ top, left color.Color }{
		2: {nil, blue}, 3: {nil, blue}, 4: {nil, red},
		5: {red, nil}, 6: {red, nil}, 7: {blue, nil}, 8: {blue, nil},
	} {
		a := r.get(r.put("turned"+strconv.Itoa(int(o))+".jpg", turnedJPEG(t, halves(100, 60), o)))
		m, _, err := image.Decode(bytes.NewReader(a.body))
		if err != nil {
			t.Fatal(err)
		}
		b := m.Bounds()
		if want.top != nil && (!near(m.At(b.Dx()/2, 2), want.top) || b.Dx() != 60) {
			t.Errorf("%d: %v on top, %v", o, m.At(b.Dx()/2, 2), b)
		}
		if want.left != nil && (!near(m.At(2, b.Dy()/2), want.left) || b.Dx() != 100) {
			t.Errorf("%d: %v on the left, %v", o, m.At(2, b.Dy()/2), b)
		}
	}
	upright := turnedJPEG(t, halves(100, 60), 1)
	if a := r.get(r.put("upright.jpg", upright)); !bytes.Equal(a.body, upright) {
		t.Error("an upright image was changed")
	}
}

// ?original is the image as it was sent, to be saved.
func TestOriginal(t *testing.T) {
	r := newRig(t)
	data := testFile(t, "red.webp")
	a := r.get(r.put("red.webp", data) + "?original")
	a.want(t, http.StatusOK, "Content-Disposition", `attachment; filename="red.webp"`, "Content-Type", "image/webp",
		"Content-Length", strconv.Itoa(len(data)))
	if !bytes.Equal(a.body, data) {
		t.Error("changed")
	}
}

// What cannot be decoded, or not at a sensible price, is there to be saved.
func TestNotShown(t *testing.T) {
	r := newRig(t)
	cut := pngOf(t, halves(1100, 100))
	for name, data := range map[string][]byte{
		"bomb.png":  bomb(30000, 30000),
		"worse.png": bomb(1<<31-1, 1<<31-1),
		"none.png":  bomb(0, 5),
		"cut.png":   cut[:len(cut)/2],
		"head.png":  cut[:20],
		"lies.webp": lyingWebP(10, 10, 16384, 16384),
		"not.jpg":   []byte("\xff\xd8\xff nonsense"),
		"not.tif":   []byte("II*\x00\xff\xff\xff\xff"),
	} {
		a := r.get(r.put(name, data))
		a.want(t, http.StatusOK, "Content-Disposition", `attachment; filename="`+name+`"`)
		if !bytes.Equal(a.body, data) {
			t.Errorf("%s: changed", name)
		}
	}
}

// The browsers that came before PNG get none.
func TestOldBrowsers(t *testing.T) {
	r := newRig(t)
	link := r.put("glass.png", pngOf(t, glass(200, 100)))
	for agent, want := range map[string]string{
		"Mozilla/1.22 (compatible; MSIE 2.0; Windows 95)": "image/jpeg",
		"Mozilla/2.0 (compatible; MSIE 3.02; Windows 95)": "image/jpeg",
		"Mozilla/3.04 (Win95; I)":                         "image/jpeg",
		"Mozilla/4.0 (compatible; MSIE 4.01; Windows 98)": "image/png",
		"Mozilla/4.08 [en] (Win98; I ;Nav)":               "image/png",
		"":                                                "image/png",
	} {
		a := r.get(link, "User-Agent", agent)
		a.want(t, http.StatusOK, "Content-Type", want)
		if m, _, err := image.Decode(bytes.NewReader(a.body)); err != nil || want == "image/jpeg" && !near(m.At(100, 50), color.White) {
			t.Errorf("%s: %v", agent, err)
		}
	}
}

// An animation that is small goes on moving.
func TestAnimation(t *testing.T) {
	r := newRig(t)
	a := r.get(r.put("a.gif", gifOf(t, 100, 50)))
	g, err := gif.DecodeAll(bytes.NewReader(a.body))
	if err != nil || len(g.Image) != 2 {
		t.Errorf("%v", err)
	}
}

// The size can be configured.
func TestImageSize(t *testing.T) {
	r := newRig(t, Config{Width: 320, Height: 200})
	a := r.get(r.put("a.png", pngOf(t, halves(321, 321))))
	m, _, err := image.DecodeConfig(bytes.NewReader(a.body))
	if err != nil || m.Width != 200 || m.Height != 200 {
		t.Errorf("%+v %v", m, err)
	}
}

func TestProgressive(t *testing.T) {
	if progressive(jpegOf(t, halves(8, 8))) {
		t.Error("a plain JPEG")
	}
	if p := []byte("\xff\xd8\xff\xe0\x00\x04ab\xff\xc2\x00\x11"); !progressive(p) {
		t.Error("not seen")
	}
	large := image.Config{ColorModel: color.YCbCrModel, Width: 6000, Height: 5000}
	if _, err := cost(kinds["image/jpeg"], large, []byte("\xff\xd8\xff\xc2")); err == nil {
		t.Error("30 million pixels in several scans are not too much")
	}
	if _, err := cost(kinds["image/jpeg"], large, []byte("\xff\xd8\xff\xc0\x00\x11")); err != nil {
		t.Error(err)
	}
}

// A WebP file whose image is another one than its header says is not decoded, whatever it would take.
func TestLyingWebP(t *testing.T) {
	data := lyingWebP(10, 10, 16384, 16384)
	c, err := webp.DecodeConfig(bytes.NewReader(data))
	if err != nil || c.Width != 10 {
		t.Fatal(c, err)
	}
	if need, err := cost(kinds["image/webp"], c, data); err == nil {
		t.Errorf("it is thought to take %d bytes", need)
	}
	if _, err := cost(kinds["image/webp"], c, lyingWebP(10, 10, 10, 10)); err != nil {
		t.Error(err)
	}
}

// The passes of a PNG are in memory beside it.
func TestInterlaced(t *testing.T) {
	data := bomb(100, 100)
	once := perPixel(kinds["image/png"], color.NRGBAModel, data)
	data[28] = 1
	if twice := perPixel(kinds["image/png"], color.NRGBAModel, data); twice <= once {
		t.Errorf("%d bytes for a pixel, %d without passes", twice, once)
	}
}
