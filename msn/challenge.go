package msn

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// Challenges is what becomes of a client that answers CHL wrong, or not at all
// (doc/protocol, 04 section 5). The answer proves nothing but which client it is,
// or says to be.
type Challenges uint8

// The first is the default.
const (
	ChallengesLogged   Challenges = iota // it is logged
	ChallengesOff                        // no client is asked
	ChallengesEnforced                   // the client gets 540, and its session ends
)

const (
	defaultAnswerTime = time.Minute // to answer CHL
	maxProduct        = 64          // bytes of a product's name that are logged
)

// asked is a challenge that waits for its answer. Its timer is stopped with it.
type asked struct {
	challenge string
	timer     *time.Timer
}

// cameOnline adds to the answer to the first CHG to a state what follows it
// alone. A session that is hidden is asked too: hiding is no way out.
func (s *session) cameOnline(state bridge.State, r *request) {
	if s.shown || state == bridge.Offline {
		return
	}
	s.shown = true
	if s.d.mailState {
		*r.out = wire.AppendPayload(append(*r.out, "MSG Hotmail Hotmail"...), []byte(emptyMailbox))
	}
	if s.d.challenged && s.c.srv.conf.Challenges != ChallengesOff {
		*r.out = wire.AppendCommand(*r.out, "CHL", "0", s.ask())
	}
}

// emptyMailbox says that there is no mail (doc/protocol, 02 section 8).
const emptyMailbox = "MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsinitialmdatanotification; charset=UTF-8\r\n\r\n" +
	"Mail-Data: <MD><E><I>0</I><IU>0</IU><O>0</O><OU>0</OU></E><Q><QTM>409600</QTM><QNM>204800</QNM></Q></MD>\r\n"

// ask makes a challenge, of twenty digits as the original ones.
func (s *session) ask() string {
	a := &asked{challenge: strconv.FormatUint(10_000_000_000_000_000_000+rand.Uint64N(8_000_000_000_000_000_000), 10)}
	wait := s.c.srv.conf.answerTime
	if wait == 0 {
		wait = defaultAnswerTime
	}
	s.asked = a
	a.timer = time.AfterFunc(wait, func() {
		s.bs.Post(func() {
			if s.asked == a {
				s.turn(s.unanswered)
			}
		})
	})
	return a.challenge
}

func (s *session) takeAsked() *asked {
	a := s.asked
	if a != nil {
		a.timer.Stop()
		s.asked = nil
	}
	return a
}

// unanswered is when the time for an answer is over. One that comes later answers
// nothing.
func (s *session) unanswered() {
	s.takeAsked()
	s.c.srv.log.Info("challenge not answered", "account", s.bs.Handle())
	if s.c.srv.conf.Challenges == ChallengesEnforced {
		s.out = wire.Error{Code: int(codeChallenge)}.Append(s.out)
		s.ending = true
	}
}

// qry answers a challenge. Clients wait for the echo, also of an answer that
// nobody has asked for.
func qry(s *session, r *request) error {
	a := s.takeAsked()
	if a != nil && !s.right(a, r) && s.c.srv.conf.Challenges == ChallengesEnforced {
		return end(codeChallenge)
	}
	r.reply("QRY")
	return nil
}

// right tells whether a challenge is answered as the product does that the client
// names. What a product does that is not known cannot be told, and is taken.
func (s *session) right(a *asked, r *request) bool {
	product := r.arg(0)
	want, known := wire.ChallengeResponse(a.challenge, product)
	right := !known || strings.EqualFold(want, string(r.payload))
	if !known || !right {
		s.c.srv.log.Info("challenge not answered as known", "account", s.bs.Handle(),
			"product", wire.Clean(product[:min(len(product), maxProduct)]), "wrong", !right)
	}
	return right
}
