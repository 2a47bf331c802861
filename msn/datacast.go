package msn

import (
	"bytes"
	"slices"
	"strings"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// nudgeText is a nudge in words.
const nudgeText = "/me sends a nudge"

// What a datacast is, by its ID (doc/protocol, 03). Winks and voice clips are
// pictures and sounds that only clients understand.
const (
	datacastNudge  = "1"
	datacastAction = "4" // with the text of what somebody does
)

// sayDatacast sends a nudge or an action as what the writer does. Some clients nudge
// without saying so.
func (o *outward) sayDatacast(from *seat, m *wire.Message, mode byte, due *delivery) {
	body, err := wire.ParseMessage(slices.Concat(bytes.TrimRight(m.Body, "\r\n"), []byte("\r\n\r\n")))
	text := ""
	switch id := body.Get("ID"); {
	case err != nil || o.chat.Addr().Network == bridge.Service:
	case id == datacastNudge || id == "":
		text = nudgeText
	case id == datacastAction:
		if action := strings.TrimSpace(printable(body.Get("Data"))); action != "" {
			text = o.translated("/me " + action)
		}
	}
	o.speak(from, text, bridge.Format{}, mode, due)
}
