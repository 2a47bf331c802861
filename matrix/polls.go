package matrix

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
)

// A poll is a question with answers (MSC3381, in its two spellings).
type poll struct {
	Kind     string       `json:"kind"`
	Question plainWords   `json:"question"`
	Answers  []pollAnswer `json:"answers"`
}

type pollAnswer struct {
	ID    string `json:"m.id"`
	OldID string `json:"id"`
	plainWords
}

// plainWords is a text of an extensible event, in its spellings (MSC1767).
type plainWords struct {
	Text  json.RawMessage `json:"m.text"` // of several representations
	Old   string          `json:"org.matrix.msc1767.text"`
	Body  string          `json:"body"`
	Bodys json.RawMessage `json:"org.matrix.msc1767.message"`
}

// maxAnswers is how many answers of a poll are shown (MSC3381 has 20).
const maxAnswers = 20

// line is the text, on one line.
func (w plainWords) line() string {
	for _, raw := range []json.RawMessage{w.Text, w.Bodys} {
		var forms []struct {
			Body string `json:"body"`
			Type string `json:"mimetype"`
		}
		_ = json.Unmarshal(raw, &forms)
		for _, f := range forms {
			if f.Type == "" || f.Type == "text/plain" {
				return cleanLine(f.Body, maxQuestion)
			}
		}
	}
	return cleanLine(orSo(w.Old, w.Body), maxQuestion)
}

// maxQuestion is how many characters of a question and an answer are shown.
const maxQuestion = 340

func renderPoll(raw json.RawMessage, _ namer) rendering {
	p, fallback := readPoll(raw)
	if question := p.Question.line(); question != "" {
		return rendering{text: "(poll) " + question + p.answers()}
	}
	if fallback != "" {
		return rendering{text: "(poll) " + fallback}
	}
	return rendering{}
}

// readPoll is the poll that an event begins, and what stands in for it.
func readPoll(raw json.RawMessage) (p poll, fallback string) {
	var c struct {
		Poll poll `json:"m.poll"`
		Mid  poll `json:"m.poll.start"`
		Old  poll `json:"org.matrix.msc3381.poll.start"`
		plainWords
	}
	if !lenient(raw, &c) || string(raw) == "{}" {
		return poll{}, ""
	}
	for _, p := range []poll{c.Poll, c.Mid, c.Old} {
		if p.Question.line() != "" {
			return p, c.line()
		}
	}
	return poll{}, c.line()
}

// answers are the answers, each on a line.
func (p poll) answers() string {
	var b strings.Builder
	for i, a := range p.Answers {
		if i == maxAnswers {
			b.WriteString("\n...")
			break
		}
		b.WriteString("\n" + strconv.Itoa(i+1) + ". " + orSo(a.line(), "?"))
	}
	return b.String()
}

// endedAlready is what Element puts in front of the result.
const endedAlready = "The poll has ended. "

// pollEnd tells that a poll has ended, with the result if that is told.
func (c *Conn) pollEnd(ctx context.Context, b *batch, j *joined, e *anEvent) error {
	var in struct {
		RelatesTo relation `json:"m.relates_to"`
		plainWords
	}
	if !lenient(e.Content, &in) || string(e.Content) == "{}" {
		return nil
	}
	start, _ := c.referred(ctx, b, j.room, in.RelatesTo.EventID)
	if start.kind == saidMessage && start.ballot == nil {
		c.passOver("end of a poll", e.ID)
		return nil
	}
	text := "(the poll has ended"
	if start.kind == saidMessage {
		text = "(the poll " + quoted(start.question()) + " has ended"
	}
	if result := strings.TrimPrefix(in.line(), endedAlready); result != "" {
		text += ": " + result
	}
	c.say(b, j, e, rendering{text: text + ")"})
	return nil
}
