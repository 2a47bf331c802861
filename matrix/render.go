package matrix

import (
	"encoding/json"
	"fmt"
	"strings"
)

// content is what a message event says, as far as we show it (client-server API, 11.2.1).
type content struct {
	MsgType   string    `json:"msgtype"`
	Body      string    `json:"body"`
	Format    string    `json:"format"`
	Formatted string    `json:"formatted_body"`
	FileName  string    `json:"filename"`
	GeoURI    string    `json:"geo_uri"`
	Info      mediaInfo `json:"info"`
	RelatesTo relation  `json:"m.relates_to"`
	New       *content  `json:"m.new_content"`
	Key       string    `json:"org.msnbridge.key"`
}

type mediaInfo struct {
	Size int64 `json:"size"`
}

type relation struct {
	Type    string `json:"rel_type"`
	EventID string `json:"event_id"`
	ReplyTo struct {
		EventID string `json:"event_id"`
	} `json:"m.in_reply_to"`
}

const formatHTML = "org.matrix.custom.html"

// A rendering is a message in plain words.
type rendering struct {
	text  string
	emote bool
}

// render makes a message event readable; ok is false if there is nothing to show (a redacted or
// malformed event).
func render(eventType string, raw json.RawMessage) (r rendering, ok bool) {
	var c content
	if !lenient(raw, &c) {
		return rendering{}, false
	}
	switch {
	case eventType == typeSticker:
		r.text = "(sticker: " + orSo(cleanLine(c.Body, maxName), "?") + ")"
	case c.MsgType == "":
		return rendering{}, false
	case c.RelatesTo.Type == relReplace && c.New != nil:
		r.text = "* " + renderContent(c.New)
	default:
		r = rendering{text: renderContent(&c), emote: c.MsgType == "m.emote"}
	}
	return r, strings.TrimSpace(r.text) != ""
}

const relReplace = "m.replace"

// renderContent renders all kinds of messages; unknown kinds have a body to fall back to.
func renderContent(c *content) string {
	if words, ok := mediaWords[c.MsgType]; ok {
		return c.media(words)
	}
	return c.text()
}

func (c *content) text() string {
	if c.Format == formatHTML && c.Formatted != "" {
		if text := cleanText(htmlText(c.Formatted)); strings.TrimSpace(text) != "" {
			return text
		}
	}
	body := c.Body
	if c.RelatesTo.ReplyTo.EventID != "" {
		body = withoutFallback(body)
	}
	return cleanText(body)
}

// withoutFallback takes the quotation off that older clients put in front of a reply: lines that
// begin with "> ", and an empty one (client-server API, 11.3.1 of version 1.12).
func withoutFallback(body string) string {
	if !strings.HasPrefix(body, "> ") {
		return body
	}
	lines := strings.Split(body, "\n")
	n := 0
	for n < len(lines) && strings.HasPrefix(lines[n], ">") {
		n++
	}
	for n < len(lines) && strings.TrimSpace(lines[n]) == "" {
		n++
	}
	if n == len(lines) {
		return body
	}
	return strings.Join(lines[n:], "\n")
}

// mediaWords is what we call the kinds of media.
var mediaWords = map[string]string{
	"m.image":    "image",
	"m.video":    "video",
	"m.audio":    "audio",
	"m.file":     "file",
	"m.location": "location",
}

// media describes what cannot be shown, and gives its caption.
func (c *content) media(kind string) string {
	what := c.Body
	caption := ""
	if c.FileName != "" && c.FileName != c.Body {
		what = c.FileName
		caption = c.text()
	}
	parts := []string{orSo(cleanLine(what, maxName), "no name")}
	if geo := cleanLine(c.GeoURI, maxName); kind == "location" && geo != "" {
		parts = append(parts, geo)
	}
	if c.Info.Size > 0 {
		parts = append(parts, size(c.Info.Size))
	}
	line := "(" + kind + ": " + strings.Join(parts, ", ") + ")"
	if caption != "" {
		line += " " + caption
	}
	return line
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
