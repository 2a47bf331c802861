// Package transcript plays conversations with an MSNP server: what clients send
// and what must come back. It is test plumbing and knows framing alone.
//
// A line of a script is "NAME C: text", which sends text on the connection NAME,
// or "NAME S: text", which must come next on it. A connection is made when it is
// first named. Other lines:
//
//	# a comment
//	! words        does something outside of the wire (Player.Do)
//	NAME C: close  closes the connection
//	NAME S: close  the server must close it, whereupon the client does
//
// A line end is added to what is sent, unless text ends in \c. \r, \n, \t, \xhh
// and \\ are escapes. What follows \r\n in a line is a payload, and LEN before it
// stands for its length. {name} is in S the word that is called so from then on,
// or must be equal to it, and in C that word; {_} is any word, {...} any text;
// {md5 A B} in C is the response to the challenge A with the password B, and
// {chl A B} that of the product B to CHL, where A may be the name of a word. A
// brace that is none of these is \x7b.
package transcript

import (
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"msnbridge/msn/wire"
)

// patience is how long an answer may take.
const patience = 10 * time.Second

// payloads are what servers send with a payload.
var payloads = wire.Payloads{
	"MSG": {Words: 3, Limit: 1 << 20}, "NOT": {Words: 1, Limit: 1 << 20},
	"GCF": {Words: 3, Limit: 1 << 20}, "UBX": {Words: 2, Limit: 1 << 20},
}

// A Player plays scripts. Words and connections live on from one script to the
// next, until the test ends.
type Player struct {
	// Dial makes the connection called name.
	Dial func(name string) (net.Conn, error)

	// Do carries out a line that begins with "!".
	Do func(words []string) error

	// Words are those that scripts have named.
	Words map[string]string

	conns map[string]*peer
}

// A peer is one connection.
type peer struct {
	net.Conn
	r *wire.Reader
}

// Play plays a script. It fails the test at the first line that does not go as
// it should.
func (p *Player) Play(t testing.TB, script string) {
	t.Helper()
	if p.conns == nil {
		p.conns = map[string]*peer{}
		t.Cleanup(p.close)
	}
	if p.Words == nil {
		p.Words = map[string]string{}
	}
	for i, line := range strings.Split(script, "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if err := p.line(line); err != nil {
			t.Fatalf("line %d: %s\n%v", i+1, line, err)
		}
	}
}

func (p *Player) close() {
	for _, c := range p.conns {
		c.Close()
	}
}

func (p *Player) line(line string) error {
	if rest, ok := strings.CutPrefix(line, "!"); ok {
		return p.Do(strings.Fields(rest))
	}
	head, text, ok := strings.Cut(line, ":")
	name, direction, ok2 := strings.Cut(strings.TrimSpace(head), " ")
	if !ok || !ok2 {
		return errors.New("neither a comment, nor NAME and C: or S:, then a line")
	}
	c, err := p.peer(name)
	if err != nil {
		return err
	}
	text = strings.TrimPrefix(text, " ")
	switch strings.TrimSpace(direction) {
	case "C":
		return p.send(c, text)
	case "S":
		return p.expect(c, text)
	}
	return fmt.Errorf("direction %q", direction)
}

func (p *Player) peer(name string) (*peer, error) {
	if c := p.conns[name]; c != nil {
		return c, nil
	}
	nc, err := p.Dial(name)
	if err != nil {
		return nil, err
	}
	c := &peer{nc, wire.NewReader(nc, payloads)}
	p.conns[name] = c
	return c, nil
}

func (p *Player) send(c *peer, text string) error {
	if text == "close" {
		return c.Close()
	}
	b, err := p.compose(text)
	if err != nil {
		return err
	}
	c.SetWriteDeadline(time.Now().Add(patience))
	_, err = c.Write(b)
	return err
}

// compose makes the bytes of a C line. LEN is replaced before the words are: one of
// them may be anything, and so hold these letters.
func (p *Player) compose(text string) ([]byte, error) {
	text, raw := strings.CutSuffix(text, `\c`)
	head, payload, has := strings.Cut(text, `\r\n`)
	payload, err := p.fill(payload)
	if err != nil {
		return nil, err
	}
	b := unescape(payload)
	alone := !has && raw
	if !alone {
		head = strings.ReplaceAll(head, "LEN", strconv.Itoa(len(b)))
	}
	if head, err = p.fill(head); err != nil || alone {
		return unescape(head), err
	}
	return append(append(unescape(head), '\r', '\n'), b...), nil
}

// fill puts words where they are named.
func (p *Player) fill(text string) (string, error) {
	var failed error
	text = braces.ReplaceAllStringFunc(text, func(s string) string {
		v, err := p.value(s[1 : len(s)-1])
		failed = errors.Join(failed, err)
		return v
	})
	return text, failed
}

var braces = regexp.MustCompile(`\{[^}]*\}`)

// value is what stands for {s} in what is sent.
func (p *Player) value(s string) (string, error) {
	if f := strings.Fields(s); len(f) == 3 {
		return p.response(f[0], f[1], f[2])
	}
	if w, ok := p.Words[s]; ok {
		return w, nil
	}
	return "", fmt.Errorf("no word is called %q", s)
}

// response answers a challenge, or the word of that name.
func (p *Player) response(how, challenge, key string) (string, error) {
	if w, ok := p.Words[challenge]; ok {
		challenge = w
	}
	switch how {
	case "md5":
		return wire.MD5Response(challenge, key), nil
	case "chl":
		if r, ok := wire.ChallengeResponse(challenge, key); ok {
			return r, nil
		}
	}
	return "", fmt.Errorf("no response %s of %q", how, key)
}

// expect reads one command and compares it.
func (p *Player) expect(c *peer, text string) error {
	c.SetReadDeadline(time.Now().Add(patience))
	cmd, err := c.r.Read()
	if text == "close" {
		if err == nil {
			return fmt.Errorf("came %q", cmd.Raw)
		}
		if !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "reset") {
			return err
		}
		return c.Close()
	}
	if err != nil {
		return err
	}
	return p.match(text, string(cmd.Raw))
}

// match compares a line with what came, and takes note of its words.
func (p *Player) match(text, got string) error {
	head, payload, _ := strings.Cut(text, `\r\n`)
	body := unescape(payload)
	if !strings.Contains(payload, "{") {
		head = strings.ReplaceAll(head, "LEN", strconv.Itoa(len(body)))
	} else {
		head = strings.ReplaceAll(head, "LEN", "{_}")
	}
	pattern, names := p.pattern(string(unescape(head)) + "\r\n" + string(body))
	m := regexp.MustCompile(pattern).FindStringSubmatch(widen(got))
	if m == nil {
		return fmt.Errorf("came %q", got)
	}
	for i, n := range names {
		p.Words[n] = narrow(m[i+1])
	}
	return nil
}

// widen makes a character of every byte, because regular expressions match
// characters and messages may be anything. narrow is its inverse.
func widen(s string) string {
	r := make([]rune, len(s))
	for i := range r {
		r[i] = rune(s[i])
	}
	return string(r)
}

func narrow(s string) string {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

// pattern makes a regular expression of a line; names are those of its groups.
func (p *Player) pattern(text string) (pattern string, names []string) {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for {
		at := braces.FindStringIndex(text)
		if at == nil {
			b.WriteString(quote(text) + `\z`)
			return b.String(), names
		}
		b.WriteString(quote(text[:at[0]]))
		name := text[at[0]+1 : at[1]-1]
		w, known := p.Words[name]
		switch {
		case name == "_":
			b.WriteString(`\S+`)
		case name == "...":
			b.WriteString(`.*`)
		case known:
			b.WriteString(quote(w))
		default:
			b.WriteString(`(\S+)`)
			names = append(names, name)
		}
		text = text[at[1]:]
	}
}

func quote(s string) string { return regexp.QuoteMeta(widen(s)) }

var escapes = regexp.MustCompile(`\\(x[0-9a-fA-F]{2}|.)`)

// unescape makes bytes of a script's text.
func unescape(s string) []byte {
	return []byte(escapes.ReplaceAllStringFunc(s, func(e string) string {
		switch e[1] {
		case 'r':
			return "\r"
		case 'n':
			return "\n"
		case 't':
			return "\t"
		case 'x':
			n, _ := strconv.ParseUint(e[2:], 16, 8)
			return string([]byte{byte(n)})
		}
		return e[1:]
	}))
}
