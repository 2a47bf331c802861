package matrix

import (
	"fmt"
	"testing"

	"msnbridge/bridge"
)

// Somebody who cleans up is told of in a few lines, though each redaction counts.
func TestManyRedactions(t *testing.T) {
	_, o, _, say := aRoom(t)
	const most = 12
	var said []string
	for i := range most {
		said = append(said, textFrom(fmt.Sprint("$", i), "@bob:x", fmt.Sprint("spam ", i)))
	}
	say(said...)
	awaitText(o, fmt.Sprint("spam ", most-1))
	for i := range most {
		say(redactionFrom(fmt.Sprint("$r", i), "@dave:x", fmt.Sprint("$", i)))
	}
	lines := 0
	for i := range most {
		e := await(o, func(e bridge.MessageReplaced) bool { return e.ID == fmt.Sprint("$", i) })
		if e.New != nil {
			t.Errorf("%+v", e)
		}
		if e.Else != nil {
			lines++
		}
	}
	told := lines
	for told < most { // slow machines take longer than one gathering
		line := await[bridge.Remark](o, nil).Text
		n := 1
		if line != "(Dave has removed one more message)" {
			if _, err := fmt.Sscanf(line, "(Dave has removed %d more messages)", &n); err != nil {
				t.Fatal(line)
			}
		}
		told, lines = told+n, lines+1
	}
	if told != most {
		t.Errorf("%d of %d", told, most)
	}
}
