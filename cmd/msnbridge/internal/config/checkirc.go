package config

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/BurntSushi/toml"

	"msnbridge/bridge"
)

// Bounds of what a network may be told to do.
const (
	mostRoster = 500 // members of a room shown at once
	mostQuit   = 200 // bytes of a QUIT
)

// checkRooms checks how a network's rooms are shown.
func (c *checker) checkRooms(path toml.Key, roster int, ring string) {
	if roster < 1 || roster > mostRoster {
		c.bad(append(path, "roster_limit"), "must be between 1 and %d", mostRoster)
	}
	if _, err := bridge.ParseRingPolicy(ring); err != nil || ring == "" || ring == "default" {
		c.bad(append(path, "ring"), "%q is none of them; write mentions, all or none", ring)
	}
}

// nickServ is a nick, perhaps at a server.
var nickServ = regexp.MustCompile("^[A-Za-z\\[\\]\\\\`_^{|}][A-Za-z0-9\\[\\]\\\\`_^{|}-]{0,31}(@[A-Za-z0-9.-]{1,100})?$")

func (c *checker) checkNickServ(path toml.Key, n IRC) {
	if n.NickServ != "" && !nickServ.MatchString(n.NickServ) {
		c.bad(append(path, "nickserv"), `%q is no nick; write, for example, "NickServ", or "NickServ@services.example.org", or "" for none`, n.NickServ)
	}
}

func (c *checker) checkQuit(path toml.Key, n IRC) {
	path = append(path, "quit_message")
	if len(n.QuitMessage) > mostQuit {
		c.bad(path, "is longer than %d bytes; write less", mostQuit)
	}
	if strings.ContainsFunc(n.QuitMessage, unicode.IsControl) {
		c.bad(path, "must be one line without control codes")
	}
}
