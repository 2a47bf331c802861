package client

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"msnbridge/msn/wire"
)

// Media is what somebody listens to, plays or works with. The zero value is
// nothing.
type Media struct {
	Kind   string // Music, Games or Office
	Format string // a text with {0}, {1} ... for Args; empty: their order is the text's
	Args   []string
}

// mostMedia is how many arguments of a Media are taken.
const mostMedia = 16

// Song is a Media of kind Music.
func Song(title, artist string) Media {
	m := Media{Kind: "Music", Format: "{0}", Args: []string{title}}
	if artist != "" {
		m.Format, m.Args = "{0} - {1}", []string{title, artist}
	}
	return m
}

// Text is the media as contact lists show it.
func (m Media) Text() string {
	if m.Format == "" {
		return strings.Join(m.Args, " ")
	}
	args := make([]string, mostMedia)
	copy(args, m.Args)
	var pairs []string
	for i, a := range args {
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", a)
	}
	return strings.TrimSpace(strings.NewReplacer(pairs...).Replace(m.Format))
}

// mediaMark separates the fields of CurrentMedia: a backslash and a zero, two
// characters (doc/protocol, 02 section 7).
const mediaMark = `\0`

// parseMedia reads application, kind, 1 if it is on, format and arguments.
func parseMedia(s string) Media {
	fields := strings.Split(s, mediaMark)
	if len(fields) < 4 || fields[2] != "1" {
		return Media{}
	}
	m := Media{Kind: fields[1], Format: fields[3], Args: fields[4:min(len(fields), 4+mostMedia)]}
	for len(m.Args) > 0 && m.Args[len(m.Args)-1] == "" {
		m.Args = m.Args[:len(m.Args)-1]
	}
	if m.Text() == "" {
		return Media{}
	}
	return m
}

// element writes the fields.
func (m Media) element() string {
	if m.Text() == "" {
		return ""
	}
	fields := append([]string{"", m.Kind, "1", m.Format}, m.Args...)
	for i, f := range fields {
		fields[i] = strings.ReplaceAll(f, mediaMark, "")
	}
	return strings.Join(fields, mediaMark) + mediaMark
}

// SetNote sets the personal message that contacts see; empty for none (MSNP11).
func (c *Client) SetNote(ctx context.Context, note string) error {
	c.mu.Lock()
	media := c.media
	c.mu.Unlock()
	return c.setPersonal(ctx, note, media)
}

// SetMedia sets what contacts see that the user listens to; zero for nothing
// (MSNP11).
func (c *Client) SetMedia(ctx context.Context, m Media) error {
	c.mu.Lock()
	note := c.note
	c.mu.Unlock()
	return c.setPersonal(ctx, note, m)
}

func (c *Client) setPersonal(ctx context.Context, note string, m Media) error {
	if !c.row().notes {
		return fmt.Errorf("personal messages in %s: %w", c.row().name, errors.ErrUnsupported)
	}
	if _, err := c.DoPayload(ctx, personalPayload(note, m), "UUX"); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note, c.media = note, m
	return nil
}

// xmlText escapes a text for XML, which has no place for two characters.
var xmlText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;", "\uFFFE", "", "\uFFFF", "")

// personalPayload is the payload of UUX.
func personalPayload(note string, m Media) []byte {
	return []byte("<Data><PSM>" + xmlText.Replace(wire.Clean(note)) + "</PSM><CurrentMedia>" +
		xmlText.Replace(wire.Clean(m.element())) + "</CurrentMedia></Data>")
}

// parsePersonal reads the payload of UBX; one without any says nothing.
func parsePersonal(b []byte) (note string, m Media, ok bool) {
	if len(bytes.TrimSpace(b)) == 0 {
		return "", Media{}, true
	}
	var data struct {
		PSM          string
		CurrentMedia string
	}
	d := xml.NewDecoder(bytes.NewReader(bytes.ToValidUTF8(b, []byte("\uFFFD"))))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	if err := d.Decode(&data); err != nil {
		return "", Media{}, false
	}
	return wire.Clean(data.PSM), parseMedia(wire.Clean(data.CurrentMedia)), true
}
