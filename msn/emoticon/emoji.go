package emoticon

import (
	"strings"
	"sync"
	"unicode/utf8"

	"go.mau.fi/util/emojishortcodes"
)

// Characters that belong to the emoji before them.
const (
	joiner     = '\u200d' // between emoji that make one
	asText     = '\ufe0e' // shows the character before it as text
	asPicture  = '\ufe0f' // and as a picture
	firstTone  = '\U0001f3fb'
	lastTone   = '\U0001f3ff'
	firstTag   = '\U000e0020' // tags spell out the flags of countries' parts
	lastTag    = '\U000e007f'
	firstAbove = '\U00010000' // of the characters that are pictures and nothing else
)

// mayBeEmoji tells of a character that is an emoji, or makes one of what is
// before it.
func mayBeEmoji(r rune) bool { return r >= '\u2000' }

// pictures are the characters below U+10000 that are shown as pictures if nothing
// is said (Unicode's Emoji_Presentation). All others are so with asPicture alone.
const pictures = "⌚⌛⏩⏪⏫⏬⏰⏳◽◾☔☕♈♉♊♋♌♍♎♏♐♑♒♓♿⚓⚡⚪⚫⚽" +
	"⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓❔❕❗➕➖➗➰➿⬛⬜⭐⭕"

// A node is a beginning of emoji: what may follow, and what is written for it if
// it is one itself.
type node struct {
	next    map[rune]*node
	written string
	sure    bool // it is a picture, also without asPicture
}

// emoji is the root of all that are known, without tones and variation selectors.
var emoji = sync.OnceValue(func() *node {
	root := &node{}
	for e, name := range emojishortcodes.GetMap() {
		root.add(e, ":"+name+":")
	}
	for _, r := range table {
		root.add(r.emoji, r.codes[0]).sure = true
	}
	return root
})

func (n *node) add(e, written string) *node {
	length := 0
	var last rune
	for _, r := range e {
		if r == asPicture {
			continue
		}
		if n.next[r] == nil {
			if n.next == nil {
				n.next = map[rune]*node{}
			}
			n.next[r] = &node{}
		}
		n, last = n.next[r], r
		length++
	}
	n.written, n.sure = written, length > 1 || last >= firstAbove || strings.ContainsRune(pictures, last)
	return n
}

// codesInWord writes a word with codes and names in place of its emoji.
func codesInWord(b *strings.Builder, word string) {
	for word != "" {
		if written, n := emojiAt(word); n > 0 {
			b.WriteString(written)
			word = afterEmoji(word[n:])
			continue
		}
		r, n := utf8.DecodeRuneInString(word)
		if r != asPicture && r != asText {
			b.WriteString(word[:n])
		}
		word = word[n:]
	}
}

// emojiAt finds the longest emoji that s begins with: what is written for it, and
// its length; 0 if there is none.
func emojiAt(s string) (written string, length int) {
	at, end := emoji(), 0
	var last *node // ends at end
	for i, r := range s {
		switch here := last != nil && i == end; {
		case here && r == asText:
			return "", 0
		case here && changes(r):
			end = i + utf8.RuneLen(r)
			written, length = last.written, end
			continue
		case i > 0 && changes(r):
			continue
		}
		if at = at.next[r]; at == nil {
			return written, length
		}
		if at.written == "" {
			continue
		}
		last, end = at, i+utf8.RuneLen(r)
		if at.sure {
			written, length = at.written, end
		}
	}
	return written, length
}

// changes tells of what makes the character before it a picture, or colours it.
func changes(r rune) bool { return r == asPicture || r >= firstTone && r <= lastTone }

// afterEmoji leaves out what only emoji have behind them: tags, and the joiner
// before another emoji, of a whole that is not known.
func afterEmoji(s string) string {
	s = strings.TrimLeftFunc(s, func(r rune) bool { return r >= firstTag && r <= lastTag })
	if rest, ok := strings.CutPrefix(s, string(joiner)); ok {
		if _, n := emojiAt(rest); n > 0 {
			return rest
		}
	}
	return s
}
