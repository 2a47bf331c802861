package client

import (
	"errors"
	"fmt"
	"strconv"

	"msnbridge/msn/wire"
)

// A Reply is one command of the server.
type Reply struct {
	Verb    string
	Words   []string // without the verb, with the transaction ID; still percent-encoded
	Payload []byte   // nil if there is none
}

// newReply copies a command out of the reader's buffer.
func newReply(c *wire.Command) Reply {
	r := Reply{Verb: string(c.Verb), Words: make([]string, len(c.Words))}
	for i, w := range c.Words {
		r.Words[i] = string(w)
	}
	if c.Payload != nil {
		r.Payload = append([]byte{}, c.Payload...)
	}
	return r
}

// Word is the word at i, empty if there are not so many.
func (r Reply) Word(i int) string {
	if i >= 0 && i < len(r.Words) {
		return r.Words[i]
	}
	return ""
}

// last is the last word, empty if there is none.
func (r Reply) last() string { return r.Word(len(r.Words) - 1) }

// text is the word at i, decoded; what cannot be decoded stays as it is.
func (r Reply) text(i int) string { return decode(r.Word(i)) }

func decode(w string) string {
	if s, err := wire.Decode([]byte(w)); err == nil {
		return wire.Clean(s)
	}
	return wire.Clean(w)
}

// number is the word at i as a number, 0 if it is none.
func (r Reply) number(i int) int {
	n, _ := strconv.ParseUint(r.Word(i), 10, 32)
	return int(n)
}

// An ErrorReply is an error number that the server answers to a command.
type ErrorReply struct {
	Verb string // of the command
	Code int
}

func (e *ErrorReply) Error() string {
	if m, ok := meanings[e.Code]; ok {
		return fmt.Sprintf("%s: error %d (%s)", e.Verb, e.Code, m)
	}
	return fmt.Sprintf("%s: error %d", e.Verb, e.Code)
}

// Code is the error number in err, or 0 if there is none.
func Code(err error) int {
	if e, ok := errors.AsType[*ErrorReply](err); ok {
		return e.Code
	}
	return 0
}

// meanings are those of doc/protocol, 06.
var meanings = map[int]string{
	200: "syntax error", 201: "invalid parameter", 205: "no such user", 206: "domain missing",
	207: "already signed in", 208: "invalid user name", 209: "invalid name", 210: "list full",
	215: "already there", 216: "not on the list, or blocked", 217: "not online", 218: "already in that mode",
	219: "on the opposite list", 223: "too many groups", 224: "no such group", 225: "not in that group",
	226: "group not empty", 227: "group not empty", 228: "group name exists", 229: "group name too long", 230: "group 0 stays",
	280: "switchboard failed", 281: "transfer to switchboard failed", 282: "malformed message", 300: "required field missing",
	302: "not signed in", 500: "internal error", 501: "database error", 502: "command disabled",
	504: "service disabled", 510: "file error", 511: "banned", 520: "out of memory", 540: "challenge failed", 600: "server busy",
	601: "server unavailable", 602: "peer server down", 603: "database unreachable", 604: "server going down",
	707: "no connection", 710: "bad parameters", 711: "write is blocking", 712: "session overloaded",
	713: "calling too fast", 714: "too many sessions", 715: "not expected", 717: "bad friend file",
	800: "too fast", 910: "server too busy", 911: "authentication failed", 912: "server too busy",
	913: "not allowed while offline or hidden", 918: "server too busy", 919: "server too busy",
	914: "server unavailable", 915: "server unavailable", 916: "server unavailable", 917: "authentication failed",
	920: "takes no new users", 921: "server too busy", 922: "server too busy", 923: "needs a parent's consent",
	924: "passport not verified", 928: "bad ticket", 931: "account is on another server",
}
