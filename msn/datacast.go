package msn

import (
	"bytes"
	"slices"
	"strings"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// datacasts are what a datacast is in words, by its ID (doc/protocol, 03). Some
// clients nudge without an ID. Winks and voice clips are pictures and sounds that
// only clients have: others are told that there was one.
var datacasts = map[string]func(o *outward, data string) string{
	"":  func(*outward, string) string { return "/me sends a nudge" },
	"1": func(*outward, string) string { return "/me sends a nudge" },
	"2": wink,
	"3": func(*outward, string) string { return "/me sends a voice clip" },
	"4": action,
}

func wink(_ *outward, data string) string {
	if name := objectName(data); name != "" {
		return "/me sends a wink: " + name
	}
	return "/me sends a wink"
}

// action is a text of what somebody does.
func action(o *outward, data string) string {
	if data = strings.TrimSpace(printable(data)); data != "" {
		return o.translated("/me " + data)
	}
	return ""
}

// sayDatacast sends a datacast as what the writer does.
func (o *outward) sayDatacast(from *seat, m *wire.Message, mode byte, due *delivery) {
	body, err := wire.ParseMessage(slices.Concat(bytes.TrimRight(m.Body, "\r\n"), []byte("\r\n\r\n")))
	text := ""
	if f := datacasts[body.Get("ID")]; f != nil && err == nil && o.chat.Addr().Network != bridge.Service {
		text = f(o, body.Get("Data"))
	}
	o.speak(from, text, bridge.Format{}, mode, due)
}
