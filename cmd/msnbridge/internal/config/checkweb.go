package config

import (
	"math"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/dustin/go-humanize"
)

// What an image may be scaled down to, in pixels each way.
const (
	leastImage = 16
	mostImage  = 8192
)

func (c *checker) checkWeb() {
	c.checkWebListen()
	c.checkPublicURL()
	c.atLeast(toml.Key{"web", "link_life"}, c.Web.LinkLife, time.Minute)
	c.checkMaxFile()
	c.checkImageSize()
}

func (c *checker) checkWebListen() {
	path := toml.Key{"web", "listen"}
	switch a := c.Web.Listen; {
	case a == "off":
		c.Web.Listen = ""
	case a == "" || a == Auto:
	case !strings.Contains(a, ":"):
		c.bad(path, `%q is no host:port; write, for example, "127.0.0.1:1880", or %q, or "off"`, a, Auto)
	default:
		c.address(path, a, "127.0.0.1:1880", true)
		c.differs(path, a)
	}
}

// differs finds out whether a listener's address is that of another one.
func (c *checker) differs(path toml.Key, addr string) {
	if strings.HasSuffix(addr, ":0") {
		return
	}
	for _, o := range []struct{ key, addr string }{
		{"msn.listen", c.MSN.Listen}, {"msn.dispatch_listen", c.MSN.DispatchListen}, {"web.listen", c.Web.Listen},
		{"passport.listen", c.Passport.Listen}, {"passport.tls_listen", c.Passport.TLSListen},
	} {
		if o.key == path.String() {
			return
		}
		if addr == o.addr {
			c.bad(path, "must not be the same as %s; take another port", o.key)
		}
	}
}

// checkPublicURL does not repeat what is written: there may be a password in it.
func (c *checker) checkPublicURL() {
	text := c.Web.PublicURL
	if text == "" {
		return
	}
	u, err := url.Parse(text)
	if err != nil || !isWebAddress(u) || strings.ContainsAny(text, " \"<>?#\\") {
		c.bad(toml.Key{"web", "public_url"}, "is no plain web address; write, for example, %q", "http://files.example.org:1880")
		return
	}
	c.Web.PublicURL = strings.TrimRight(text, "/")
}

func isWebAddress(u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	_, err := strconv.ParseUint(u.Port(), 10, 16)
	return (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && u.Opaque == "" &&
		(isDomain(host) || net.ParseIP(host) != nil) && (u.Port() == "" || err == nil)
}

func (c *checker) checkMaxFile() {
	n, err := humanize.ParseBytes(c.Web.MaxFile)
	if err != nil || n == 0 || n > math.MaxInt64/2 {
		c.bad(toml.Key{"web", "max_file"}, "%q is no size of a file; write, for example, %q", c.Web.MaxFile, "100 MB")
		return
	}
	c.Web.MaxFileBytes = int64(n)
}

var imageSize = regexp.MustCompile(`^([0-9]{1,5})x([0-9]{1,5})$`)

func (c *checker) checkImageSize() {
	m := imageSize.FindStringSubmatch(c.Web.ImageSize)
	if m != nil {
		c.Web.ImageWidth, _ = strconv.Atoi(m[1])
		c.Web.ImageHeight, _ = strconv.Atoi(m[2])
	}
	if min(c.Web.ImageWidth, c.Web.ImageHeight) < leastImage || max(c.Web.ImageWidth, c.Web.ImageHeight) > mostImage {
		c.bad(toml.Key{"web", "image_size"}, "%q is no size of an image, of %d to %d pixels each way; write, for example, %q",
			c.Web.ImageSize, leastImage, mostImage, "1024x768")
	}
}
