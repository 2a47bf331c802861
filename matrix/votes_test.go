package matrix

import (
	"fmt"
	"strings"
	"testing"

	"msnbridge/bridge"
)

func pollFrom(id, sender, kind string) string {
	return eventFrom(id, sender, typeOldPoll, fmt.Sprintf(`{"org.matrix.msc3381.poll.start":{"kind":%q,"question":{"org.matrix.msc1767.text":"What now?"},
		"answers":[{"id":"1","org.matrix.msc1767.text":"Tea"},{"id":"2","org.matrix.msc1767.text":"Coffee\n"}]}}`, kind))
}

func voteFrom(id, sender, poll string, answers ...string) string {
	raw := quoteJSON(strings.Join(answers, ","))
	return eventFrom(id, sender, typeOldVote, fmt.Sprintf(`{"m.relates_to":{"rel_type":"m.reference","event_id":%q},"org.matrix.msc3381.poll.response":{"answers":[%s]}}`,
		poll, strings.ReplaceAll(raw, ",", `","`)))
}

// Votes are told as reactions are, in the spelling of today and of tomorrow; of a poll that keeps them
// to itself none are, and the last one of each counts.
func TestVotes(t *testing.T) {
	_, o, _, say := aRoom(t)
	say(pollFrom("$p", "@bob:x", "org.matrix.msc3381.poll.disclosed"), pollFrom("$closed", "@bob:x", "org.matrix.msc3381.poll.undisclosed"),
		eventFrom("$new", "@dave:x", typePoll, `{"m.poll":{"kind":"m.disclosed","question":{"m.text":[{"body":"When?"}]},"answers":[{"m.id":"a","m.text":[{"body":"Now"}]}]}}`),
		textFrom("$text", "@bob:x", "no poll"))
	awaitText(o, "no poll")
	say(voteFrom("$v1", "@bob:x", "$p", "2"), voteFrom("$v2", "@carol:x", "$p", "1"), voteFrom("$v3", "@bob:x", "$p", "1"),
		voteFrom("$v4", "@dave:x", "$p", "1", "2", "2", "nonsense"), voteFrom("$v5", "@me:x", "$p", "2"), voteFrom("$v6", "@carol:x", "$closed", "1"),
		voteFrom("$v7", "@carol:x", "$text", "1"), voteFrom("$v8", "@carol:x", "$nowhere", "1"), voteFrom("$v9", "@carol:x", "$p"),
		reactionFrom("$x", "@carol:x", "$p", "👍"),
		eventFrom("$w1", "@carol:x", typeVote, `{"m.relates_to":{"rel_type":"m.reference","event_id":"$new"},"m.selections":["a"]}`),
		eventFrom("$w2", "@carol:x", typeVote, `{"m.relates_to":{"rel_type":"m.reference","event_id":"$new"},"m.selections":{"a":7}}`))
	for _, want := range []string{
		"(Carol and Bob: Tea, Dave: Tea + Coffee in the poll \u201cWhat now?\u201d)",
		"(Carol: Now in the poll \u201cWhen?\u201d)",
		"(Carol: 👍 to \u201c(poll) What now? 1. Tea 2. Coffee\u201d)",
	} {
		remark(o, func(s string) bool { return s == want })
	}
	if more := have[bridge.Remark](o); len(more) != 0 {
		t.Errorf("%+v", more)
	}
	// Only a poll can end.
	o.forget()
	say(eventFrom("$end", "@bob:x", typeOldEnd, `{"m.relates_to":{"rel_type":"m.reference","event_id":"$text"},"org.matrix.msc1767.text":"forged"}`),
		eventFrom("$ended", "@bob:x", typeOldEnd, `{"m.relates_to":{"rel_type":"m.reference","event_id":"$p"},"org.matrix.msc1767.text":"The poll has ended. Tea"}`))
	awaitText(o, "(the poll \u201cWhat now?\u201d has ended: Tea)")
	if more := have[bridge.MessageReceived](o); len(more) != 0 {
		t.Errorf("%+v", more)
	}
}

func TestBallotBounds(t *testing.T) {
	var answers []string
	for i := range 5000 {
		answers = append(answers, fmt.Sprintf(`{"m.id":"%s%d","m.text":[{"body":"x"}]}`, strings.Repeat("i", 100), i))
	}
	b := ballotOf(typePoll, []byte(`{"m.poll":{"question":{"m.text":[{"body":"Q"}]},"answers":[`+strings.Join(answers, ",")+`]}}`))
	if len(b.answers) == 0 || len(b.answers) > maxBallot/100 || b.open {
		t.Errorf("%d answers", len(b.answers))
	}
}
