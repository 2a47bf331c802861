package matrix

import (
	"encoding/json"
	"strings"
)

// Events that are put in words.
const (
	typePoll      = "m.poll.start"
	typeOldPoll   = "org.matrix.msc3381.poll.start"
	typePollEnd   = "m.poll.end"
	typeOldEnd    = "org.matrix.msc3381.poll.end"
	typeCall      = "m.call.invite"
	typeNotify    = "m.rtc.notification"
	typeOldNotify = "org.matrix.msc4075.call.notify"
)

// wordyTypes are those of them that somebody says.
var wordyTypes = []string{typePoll, typeOldPoll, typePollEnd, typeOldEnd, typeCall, typeNotify, typeOldNotify}

const textCall = "(is calling; the gateway cannot take calls)"

// renderCall tells of a call (client-server API, 11.6; MSC4075).
func renderCall(raw json.RawMessage, _ namer) rendering {
	if !lenient(raw, &struct{}{}) || string(raw) == "{}" {
		return rendering{}
	}
	return rendering{text: textCall}
}

// maxGeo is how long a place is at most, in characters.
const maxGeo = 100

// place is what is said of a location (client-server API, 11.2.1.8; MSC3488).
func (c *content) place(what string) []string {
	var more struct {
		URI         string `json:"uri"`
		Description string `json:"description"`
	}
	_ = lenient(c.OldPlace, &more)
	_ = lenient(c.Place, &more)
	parts := []string{orSo(cleanLine(orSo(more.Description, what), maxName), "no name")}
	geo := cleanLine(orSo(c.GeoURI, more.URI), maxGeo)
	if strings.HasPrefix(geo, "geo:") && !strings.Contains(parts[0], geo) {
		parts = append(parts, geo)
	}
	return parts
}
