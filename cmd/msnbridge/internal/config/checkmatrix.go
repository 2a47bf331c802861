package config

import (
	"strings"
	"unicode"

	"github.com/BurntSushi/toml"
)

// mostDevice is the longest name of a session, in bytes.
const mostDevice = 100

// checkMatrix names the sessions after the service if nothing else is said.
func (c *checker) checkMatrix() {
	if c.Matrix == nil {
		return
	}
	c.checkRooms(toml.Key{"matrix"}, c.Matrix.RosterLimit, c.Matrix.Ring)
	c.checkSignIn()
	c.checkAppservice()
	path := toml.Key{"matrix", "device_name"}
	if len(c.Matrix.DeviceName) > mostDevice {
		c.bad(path, "is longer than %d bytes; write less", mostDevice)
	}
	if strings.ContainsFunc(c.Matrix.DeviceName, unicode.IsControl) {
		c.bad(path, "must be one line without control codes")
	}
	if c.Matrix.DeviceName == "" && len(c.MSN.Domains) > 0 {
		c.Matrix.DeviceName = "msnbridge on " + c.MSN.Domains[0]
	}
}
