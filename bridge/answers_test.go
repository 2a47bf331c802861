package bridge

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestAnswerLines(t *testing.T) {
	long := strings.Repeat("x", answerLine-4)
	for _, test := range []struct{ words, want []string }{
		{nil, nil},
		{[]string{"a", "b"}, []string{"a, b"}},
		{[]string{"ab", long}, []string{"ab, " + long}},
		{[]string{"abc", long, "d"}, []string{"abc", long + ", d"}},
		{[]string{long + long, "d"}, []string{long + long, "d"}},
	} {
		if got := FillLines(test.words, ", "); !slices.Equal(got, test.want) {
			t.Errorf("%.50q: %.50q", test.words, got)
		}
	}
	var lines []string
	for i := range MostAnswer + 3 {
		lines = append(lines, fmt.Sprint(i))
	}
	if got := FewLines(lines[:MostAnswer]); len(got) != MostAnswer || got[MostAnswer-1] != lines[MostAnswer-1] {
		t.Errorf("%q", got)
	}
	if got := FewLines(lines); len(got) != MostAnswer+1 || got[MostAnswer] != "... and 3 lines more" || lines[MostAnswer] != fmt.Sprint(MostAnswer) {
		t.Errorf("%q", got)
	}
}

func TestCommandText(t *testing.T) {
	for text, want := range map[string]string{" a\tb ": "a b", "": "", "a\nb": "-", "a\x1bb": "-"} {
		got, err := CommandText(Message{Text: text})
		if err != nil {
			got = "-"
		}
		if got != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

func TestCommandHelp(t *testing.T) {
	all := map[string]Usage{"topic": {"[TEXT]", "show it"}, "names": {"", "who is there"}, "quote": {"LINE", "a line"}}
	listed := func(name string) bool { return name != "quote" }
	for text, want := range map[string]string{
		"":       "Commands, of which /help COMMAND says more:|/names, /topic [TEXT]",
		"/Topic": "/topic [TEXT]: show it",
		"quote":  "/quote LINE: a line",
		"x":      "",
	} {
		got, err := CommandHelp(text, all, listed)
		if strings.Join(got, "|") != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
