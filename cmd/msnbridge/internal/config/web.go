package config

import "time"

// Auto is the value of Web.Listen that leaves the address to us.
const Auto = "auto"

// Web is the table [web]: plain pages for browsers.
type Web struct {
	Listen    string        `toml:"listen"`     // host:port, or Auto; empty: none
	PublicURL string        `toml:"public_url"` // what links begin with, without a slash at the end; empty: where clients reached us
	Links     bool          `toml:"links"`      // whether messages bring links
	LinkLife  time.Duration `toml:"link_life"`
	MaxFile   string        `toml:"max_file"`   // as people write it
	ImageSize string        `toml:"image_size"` // WIDTHxHEIGHT

	// The same, read.
	MaxFileBytes            int64 `toml:"-"`
	ImageWidth, ImageHeight int   `toml:"-"` // pixels
}

func defaultWeb() Web {
	return Web{Listen: Auto, Links: true, LinkLife: 24 * time.Hour, MaxFile: "100 MB", ImageSize: "1024x768"}
}
