package msn

import "testing"

// One account, whose owner has clients of all ages: each sees the same lists and
// groups, and GUIDs are what they were, after a restart too.
func TestListsAcrossDialects(t *testing.T) {
	r := newRig(t)
	r.Play(t, signInAs("first", "alice", "MSNP7")+`
first C: ADG 10 Friends 0
first S: ADG 10 2 Friends 1 0
first C: ADD 11 FL bob@msn.test Bob
first S: ADD 11 FL 3 bob@msn.test Bob 0
first C: ADD 12 FL carol@msn.test Carol 1
first S: ADD 12 FL 4 carol@msn.test Carol 1
first C: ADD 13 BL dave@msn.test Dave
first S: ADD 13 BL 5 dave@msn.test Dave
first C: REA 14 alice@msn.test Alice%20Seven
first S: REA 14 6 alice@msn.test Alice%20Seven
`+signInAs("second", "alice", "MSNP10")+`
second C: SYN 10 0 0
second S: SYN 10 {_} {_} 4 1
second S: GTC A
second S: BLP AL
second S: PRP MFN Alice%20Seven
second S: LSG Friends {friends}
second S: LST N=gateway@msn.test F=msnbridge C={service} 11
second S: LST N=bob@msn.test F=Bob C={bob} 1
second S: LST N=carol@msn.test F=Carol C={carol} 1 {friends}
second S: LST N=dave@msn.test F=Dave 4
second C: ADC 11 FL C={bob} {friends}
second S: ADC 11 FL C={bob} {friends}
second C: REM 12 FL {carol} {friends}
second S: REM 12 FL {carol} {friends}
second C: SBP 13 {carol} MFN Caroline
second S: SBP 13 {carol} MFN Caroline
second C: PRP 14 MFN Alice%20Ten
second S: PRP 14 MFN Alice%20Ten
second C: PRP 15 PHH 1
second S: PRP 15 PHH 1
`)
	r.restart()
	r.Play(t, signInAs("third", "alice", "MSNP12")+`
third C: SYN 10 0 0
third S: SYN 10 {_} {_} 4 1
third S: GTC A
third S: BLP AL
third S: PRP MFN Alice%20Ten
third S: PRP PHH 1
third S: LSG Friends {friends}
third S: LST N=gateway@msn.test F=msnbridge C={service} 11 1
third S: LST N=bob@msn.test F=Bob C={bob} 1 1 {friends}
third S: LST N=carol@msn.test F=Caroline C={carol} 1 1
third S: LST N=dave@msn.test F=Dave 4 1
`+signInAs("fourth", "alice", "MSNP7")+`
fourth C: LST 10 FL
fourth S: LST 10 FL 11 1 3 gateway@msn.test msnbridge 0
fourth S: LST 10 FL 11 2 3 bob@msn.test Bob 1
fourth S: LST 10 FL 11 3 3 carol@msn.test Caroline 0
`+signInAs("fifth", "alice", "MSNP9")+`
fifth C: SYN 10 10
fifth S: SYN 10 11 4 2
fifth S: GTC A
fifth S: BLP AL
fifth S: PRP PHH 1
fifth S: LSG 0 Other%20Contacts 0
fifth S: LSG 1 Friends 0
fifth S: LST gateway@msn.test msnbridge 11 0
fifth S: LST bob@msn.test Bob 1 1
fifth S: LST carol@msn.test Caroline 1 0
fifth S: LST dave@msn.test Dave 4
`+signInAs("sixth", "alice", "MSNP2")+`
sixth C: SYN 10 11
sixth S: SYN 10 11
sixth C: LST 11 FL
sixth S: LST 11 FL 11 1 3 gateway@msn.test msnbridge
sixth S: LST 11 FL 11 2 3 bob@msn.test Bob
sixth S: LST 11 FL 11 3 3 carol@msn.test Caroline
`)
}
