package msn

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

// newAskingRig is a rig whose server sends CHL, and what it logs.
func newAskingRig(t *testing.T, c Config) (*rig, *lockedBuffer) {
	var log lockedBuffer
	c.Log = slog.New(slog.NewTextHandler(&log, nil))
	r := &rig{t: t, dir: t.TempDir(), conf: c, asking: true}
	return r.begin(60 * time.Second), &log
}

// goOnline goes online and is asked.
const goOnline = `
alice C: CHG 5 NLN
alice S: CHG 5 NLN
alice S: ILN 5 NLN gateway@msn.test {...}
alice S: CHL 0 {c}
`

func TestChallenge(t *testing.T) {
	r, log := newAskingRig(t, Config{Challenges: ChallengesEnforced})
	r.Play(t, signIn("alice", "MSNP9")+signIn("bob", "MSNP11")+signIn("carol", "MSNP7"))
	r.script("challenge.txt")
	r.Play(t, "carol C: CHG 5 NLN\ncarol S: CHG 5 NLN\ncarol S: ILN 5 NLN gateway@msn.test {...}\ncarol C: PNG\ncarol S: QNG")
	r.stop()
	if got := log.b.String(); strings.Contains(got, "challenge") {
		t.Error(got)
	}
}

// A wrong answer, none, and that of a product that is not known.
func TestChallengeNotAnswered(t *testing.T) {
	const wrong = `alice C: QRY 6 PROD0038W!61ZTF9 LEN\r\n{chl c PROD0061VRRZH@4F}` + "\n"
	const unknown = `alice C: QRY 6 PROD9999 LEN\r\n{chl c PROD0061VRRZH@4F}` + "\n"
	const short = `alice C: QRY 6 PROD0038W!61ZTF9 0` + "\n"
	const taken, refused = "alice S: QRY 6\n", "alice S: 540 6\nalice S: close\n"
	const never = time.Hour
	for _, c := range []struct {
		name    string
		how     Challenges
		time    time.Duration
		script  string
		logged  string
		answers string
	}{
		{"wrong", ChallengesLogged, never, wrong, "not answered as known", taken},
		{"wrong enforced", ChallengesEnforced, never, wrong, "not answered as known", refused},
		{"unknown enforced", ChallengesEnforced, never, unknown, "PROD9999", taken},
		{"short enforced", ChallengesEnforced, never, short, "not answered as known", refused},
		{"none enforced", ChallengesEnforced, time.Millisecond, "", "challenge not answered", "alice S: 540 0\nalice S: close\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, log := newAskingRig(t, Config{Challenges: c.how, answerTime: c.time})
			r.Play(t, signIn("alice", "MSNP9")+goOnline+c.script+c.answers)
			r.stop()
			if got := log.b.String(); !strings.Contains(got, c.logged) {
				t.Errorf("logged %q", got)
			}
		})
	}
}

// Without an answer the session lives, unless one is enforced, and what comes
// later is taken.
func TestChallengeLate(t *testing.T) {
	r, log := newAskingRig(t, Config{answerTime: time.Millisecond})
	r.Play(t, signIn("alice", "MSNP9")+goOnline)
	for !log.contains("challenge not answered") {
		if r.ctx.Err() != nil {
			t.Fatal("nothing logged")
		}
		r.Play(t, "alice C: PNG\nalice S: QNG 50")
	}
	r.Play(t, "alice C: QRY 6 PROD0038W!61ZTF9 0\nalice S: QRY 6")
}
