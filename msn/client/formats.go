package client

import (
	"slices"
	"strconv"
	"strings"
)

// numberedFormat is that of MSNP2 to 7: each list has its lines, which are
// numbered, and RL comes last.
type numberedFormat struct{}

func (numberedFormat) words(version int) []string { return []string{strconv.Itoa(version)} }

// begin is the whole answer if the version is current.
func (numberedFormat) begin(s *syncing, r Reply) bool {
	s.roster.Version = r.number(1)
	s.roster.Current = s.asked[0] != "0" && r.Word(1) == s.asked[0]
	return s.roster.Current
}

// group is LSG TrID version index total id name 0.
func (numberedFormat) group(s *syncing, r Reply) {
	s.roster.Groups = append(s.roster.Groups, Group{ID: r.number(4), Name: r.text(5)})
}

// contact is LST TrID list version index total handle name, in MSNP7 with groups
// on FL. An empty list is one line with index and total 0.
func (numberedFormat) contact(s *syncing, r Reply) bool {
	l := List(r.Word(1))
	if handle := r.Word(5); handle != "" {
		s.last = handle
		s.roster.Lists[l] = append(s.roster.Lists[l], Entry{Handle: handle, Name: r.text(6), Groups: numbers(r.Word(7))})
	}
	return r.number(3) == r.number(4) && (l == Reverse || s.asked == nil)
}

// numbers reads group IDs.
func numbers(word string) []int {
	var ids []int
	for id := range strings.SplitSeq(word, ",") {
		if n, err := strconv.Atoi(id); err == nil {
			ids = append(ids, n)
		}
	}
	return ids
}

// maskedFormat is that of MSNP8 and 9: a line for each person, with the lists as
// a sum of bits.
type maskedFormat struct{}

func (maskedFormat) words(version int) []string { return []string{strconv.Itoa(version)} }

// begin is SYN TrID version contacts groups.
func (maskedFormat) begin(s *syncing, r Reply) bool {
	s.roster.Version = r.number(1)
	return s.expect(r, 2)
}

// group is LSG id name 0.
func (maskedFormat) group(s *syncing, r Reply) {
	s.roster.Groups = append(s.roster.Groups, Group{ID: r.number(0), Name: r.text(1)})
}

// contact is LST handle name bits groups.
func (maskedFormat) contact(s *syncing, r Reply) bool {
	s.listed(Entry{Handle: r.Word(0), Name: r.text(1), Groups: numbers(r.Word(3))}, r.number(2))
	return false
}

// stampedFormat is that of MSNP10 to 12: GUIDs, and times for versions.
type stampedFormat struct {
	typed bool // LST says of what kind a contact is
}

func (stampedFormat) words(int) []string { return []string{"0", "0"} }

// begin is SYN TrID stamp stamp contacts groups.
func (stampedFormat) begin(s *syncing, r Reply) bool {
	s.roster.Stamps = [2]string{r.Word(1), r.Word(2)}
	return s.expect(r, 3)
}

// group is LSG name GUID.
func (stampedFormat) group(s *syncing, r Reply) {
	guid := r.Word(1)
	s.roster.Groups = append(s.roster.Groups, Group{ID: s.client.book.number(guid), Name: r.text(0), GUID: guid})
}

// contact is LST N=handle F=name C=GUID bits, in MSNP12 the type, and groups.
// Fields that have nothing to say are left out.
func (f stampedFormat) contact(s *syncing, r Reply) bool {
	rest := slices.DeleteFunc(slices.Clone(r.Words), func(w string) bool { return len(w) > 1 && w[1] == '=' })
	named := fields(r.Words)
	e := Entry{Handle: named['N'], Name: decode(named['F']), GUID: named['C']}
	if e.Name == "" {
		e.Name = e.Handle
	}
	var bits int
	if len(rest) > 0 {
		bits, _ = strconv.Atoi(rest[0])
	}
	if f.typed && len(rest) > 1 && !isGUID(rest[1]) {
		rest = rest[1:]
	}
	if len(rest) > 1 {
		e.Groups = s.client.book.numbers(rest[1])
	}
	s.client.book.note(e.Handle, e.GUID)
	s.listed(e, bits)
	return false
}
