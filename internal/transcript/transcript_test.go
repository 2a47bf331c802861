package transcript

import "testing"

func TestCompose(t *testing.T) {
	p := &Player{Words: map[string]string{"ticket": "XLENX"}}
	for line, want := range map[string]string{
		`USR 4 TWN S t={ticket}&p=`:  "USR 4 TWN S t=XLENX&p=\r\n",
		`MSG 1 N LEN\r\n{ticket}LEN`: "MSG 1 N 8\r\nXLENXLEN",
		`USR 1 {ticket} LEN\c`:       "USR 1 XLENX LEN",
		`PNG`:                        "PNG\r\n",
	} {
		if got, err := p.compose(line); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", line, got, err)
		}
	}
	if _, err := p.compose("PNG {nothing}"); err == nil {
		t.Error("a word that nobody has named")
	}
}
