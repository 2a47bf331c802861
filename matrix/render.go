package matrix

import (
	"encoding/json"
	"fmt"
	"strings"

	"msnbridge/bridge"
)

// content is what a message event says, as far as we show it (client-server API, 11.2.1).
type content struct {
	MsgType   string          `json:"msgtype"`
	Body      string          `json:"body"`
	Format    string          `json:"format"`
	Formatted string          `json:"formatted_body"`
	FileName  string          `json:"filename"`
	GeoURI    string          `json:"geo_uri"`
	Info      mediaInfo       `json:"info"`
	RelatesTo relation        `json:"m.relates_to"`
	New       json.RawMessage `json:"m.new_content"`
	Key       string          `json:"org.msnbridge.key"`
	Guest     bool            `json:"org.msnbridge.guest"`

	Voice    json.RawMessage `json:"org.matrix.msc3245.voice"`    // MSC3245
	Place    json.RawMessage `json:"m.location"`                  // MSC3488
	OldPlace json.RawMessage `json:"org.matrix.msc3488.location"` // the same
}

// ours tells whether the user has written a message through us. What a guest has is said in the user's
// name, but it is not for the user to put other words there.
func (c *content) ours() bool { return c.Key != "" && !c.Guest }

type mediaInfo struct {
	Size     int64 `json:"size"`
	Duration int64 `json:"duration"` // milliseconds
}

type relation struct {
	Type    string `json:"rel_type"`
	EventID string `json:"event_id"`
	Key     string `json:"key"` // of a reaction
	ReplyTo struct {
		EventID string `json:"event_id"`
	} `json:"m.in_reply_to"`
	Fallback bool `json:"is_falling_back"` // ReplyTo is for clients that know no threads
}

const formatHTML = "org.matrix.custom.html"

// A rendering is a message in plain words.
type rendering struct {
	text   string
	emote  bool
	format bridge.Format
}

// A namer tells what somebody is called; empty if that is not known.
type namer func(user string) string

// A renderer makes the content of an event readable. No text: there is nothing to show.
type renderer func(raw json.RawMessage, names namer) rendering

// renderers are what can be read, by type of event.
var renderers = map[string]renderer{
	typeMessage:   renderMessage,
	typeSticker:   renderSticker,
	typePoll:      renderPoll,
	typeOldPoll:   renderPoll,
	typeCall:      renderCall,
	typeNotify:    renderCall,
	typeOldNotify: renderCall,
}

// render makes an event readable; ok is false if there is nothing to show (a redacted or malformed
// event).
func render(eventType string, raw json.RawMessage, names namer) (r rendering, ok bool) {
	f := renderers[eventType]
	if f == nil {
		return rendering{}, false
	}
	r = f(raw, names)
	return r, strings.TrimSpace(r.text) != ""
}

func renderMessage(raw json.RawMessage, names namer) rendering {
	var c content
	if !lenient(raw, &c) || c.MsgType == "" {
		return rendering{}
	}
	if words, ok := mediaWords[c.MsgType]; ok {
		return rendering{text: c.media(words, names)}
	}
	if phrase, ok := phrases[c.MsgType]; ok {
		return rendering{text: phrase}
	}
	text, format := c.text(names)
	return rendering{text: text, emote: c.MsgType == "m.emote", format: format}
}

func renderSticker(raw json.RawMessage, _ namer) rendering {
	var c content
	if !lenient(raw, &c) || string(raw) == "{}" {
		return rendering{}
	}
	return rendering{text: "(sticker: " + orSo(cleanLine(c.Body, maxName), "?") + ")"}
}

// text is what somebody has written. Unknown kinds of messages have a body to fall back to.
func (c *content) text(names namer) (string, bridge.Format) {
	if c.Format == formatHTML && c.Formatted != "" {
		text, format := readHTML(c.Formatted, names)
		if text = cleanText(text); strings.TrimSpace(text) != "" {
			return text, format
		}
	}
	body := c.Body
	if c.RelatesTo.ReplyTo.EventID != "" {
		body, _ = cutFallback(body)
	}
	return cleanText(body), bridge.Format{}
}

// cutFallback takes the quotation off that older clients put in front of a reply: lines that begin
// with "> ", and an empty one (client-server API, 11.3.1 of version 1.12).
func cutFallback(body string) (rest string, quotation []string) {
	if !strings.HasPrefix(body, "> ") {
		return body, nil
	}
	lines := strings.Split(body, "\n")
	n := 0
	for n < len(lines) && strings.HasPrefix(lines[n], ">") {
		n++
	}
	quotation = lines[:n]
	for n < len(lines) && strings.TrimSpace(lines[n]) == "" {
		n++
	}
	if n == len(lines) {
		return body, nil
	}
	return strings.Join(lines[n:], "\n"), quotation
}

// mediaWords is what we call the kinds of media.
var mediaWords = map[string]string{
	"m.image":    "image",
	"m.video":    "video",
	"m.audio":    "audio",
	"m.file":     "file",
	"m.location": "location",
}

// phrases are what we say of messages whose body would not help.
var phrases = map[string]string{
	"m.key.verification.request": "(asks to verify the keys of your devices: that is done in another client, or with \"matrix verify\" at the service contact)",
}

// media describes what cannot be shown, and gives its caption.
func (c *content) media(kind string, names namer) string {
	what, caption := c.Body, ""
	if c.FileName != "" && c.FileName != c.Body {
		what = c.FileName
		caption, _ = c.text(names)
	}
	parts := c.details(kind, what)
	line := "(" + kind + ": " + strings.Join(parts, ", ") + ")"
	if len(c.Voice) > 0 && c.MsgType == "m.audio" { // its name says nothing
		parts[0] = "voice message"
		line = "(" + strings.Join(parts, ", ") + ")"
	}
	if caption != "" {
		line += " " + caption
	}
	return line
}

// details are what is said of a file or place.
func (c *content) details(kind, what string) []string {
	if kind == "location" {
		return c.place(what)
	}
	parts := []string{orSo(cleanLine(what, maxName), "no name")}
	if c.Info.Duration > 0 && c.Info.Duration < maxDuration {
		parts = append(parts, duration(c.Info.Duration))
	}
	if c.Info.Size > 0 {
		parts = append(parts, size(c.Info.Size))
	}
	return parts
}

// maxDuration is the longest that is believed of a recording, in milliseconds.
const maxDuration = 100 * 3600 * 1000

// duration writes milliseconds as people do.
func duration(ms int64) string {
	s := (ms + 999) / 1000
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// size writes a number of bytes as people do.
func size(bytes int64) string {
	const k, m = 1000, 1000 * 1000
	switch {
	case bytes < k:
		return fmt.Sprintf("%d bytes", bytes)
	case bytes < m:
		return fmt.Sprintf("%d kB", (bytes+k/2)/k)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/m)
}

func orSo(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
