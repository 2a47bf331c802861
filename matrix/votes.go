package matrix

import (
	"context"
	"encoding/json"
	"strings"
)

// Events of votes (MSC3381, in its two spellings).
const (
	typeVote    = "m.poll.response"
	typeOldVote = "org.matrix.msc3381.poll.response"
)

// maxBallot is how many bytes of the answers of a poll are remembered. Votes for the others are not
// told.
const maxBallot = 2 << 10

// A ballot is what can be voted for in a poll.
type ballot struct {
	open    bool              // the votes may be told before the poll has ended
	answers map[string]string // what they say, by ID
}

// ballotOf is the ballot of an event that begins a poll; nil if it does not.
func ballotOf(kind string, raw json.RawMessage) *ballot {
	if kind != typePoll && kind != typeOldPoll {
		return nil
	}
	p, _ := readPoll(raw)
	b := &ballot{open: strings.HasSuffix(p.Kind, ".disclosed"), answers: map[string]string{}}
	size := 0
	for _, a := range p.Answers {
		id, words := orSo(a.ID, a.OldID), firstWords(a.line())
		if size += len(id) + len(words); size > maxBallot {
			break
		}
		b.answers[id] = orSo(words, "?")
	}
	return b
}

// question is the question of a poll.
func (s *said) question() string {
	question, _, _ := strings.Cut(strings.TrimPrefix(s.text, "(poll) "), "\n")
	return question
}

// vote takes in that somebody has voted. It is told like a reaction, if the poll is an open one; the
// user's own votes are not.
func (c *Conn) vote(ctx context.Context, b *batch, j *joined, e *anEvent) error {
	var in struct {
		RelatesTo  relation `json:"m.relates_to"`
		Selections []string `json:"m.selections"`
		Old        struct {
			Answers []string `json:"answers"`
		} `json:"org.matrix.msc3381.poll.response"`
	}
	if !lenient(e.Content, &in) || e.Sender == c.me || c.ignores(e.Sender) || !validEvent(in.RelatesTo.EventID) {
		return nil
	}
	on, _ := c.referred(ctx, b, j.room, in.RelatesTo.EventID)
	if on.kind != saidMessage || on.ballot == nil || !on.ballot.open || len(b.talk.reactions) >= maxReactions {
		return nil
	}
	if choice := on.ballot.chosen(append(in.Selections, in.Old.Answers...)); choice != "" {
		b.talk.reactions = append(b.talk.reactions, reaction{
			foldKey: foldKey{j.room.id, in.RelatesTo.EventID, true}, id: e.ID, chat: j.chat,
			who: e.Sender, name: c.calledIn(j, e.Sender), key: choice, about: "in the poll " + quoted(on.question()),
		})
	}
	return nil
}

// chosen are the answers that somebody has voted for.
func (b *ballot) chosen(ids []string) string {
	var words []string
	for _, id := range distinct(ids) {
		if answer := b.answers[id]; answer != "" {
			words = append(words, answer)
		}
	}
	return firstWords(strings.Join(words, " + "))
}
