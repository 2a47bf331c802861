package msn

import "msnbridge/bridge"

// adc puts somebody on a list, or a contact into a group, from MSNP10 on. It is
// answered when the store has it.
func adc(s *session, r *request) error {
	f, err := readFields(r.args[1:])
	if err != nil {
		return err
	}
	list, err := listOf(r.args[0])
	switch {
	case err != nil:
		return err
	case list == bridge.RL:
		return s.acknowledged(r, f.handle)
	case f.handle == "":
		return s.regroup(r, list, f)
	}
	return s.introduce(r, list, f)
}

// introduce adds somebody who is named by handle. What is added to the forward list
// is echoed with its name and GUID.
func (s *session) introduce(r *request, l bridge.List, f fields) error {
	group, err := s.groupNamed(l, f.group)
	if err != nil {
		return err
	}
	trid, row := r.trid, r.row
	done := func(c bridge.Change, err error) {
		s.settled(trid, row, err, func() { s.added(trid, c, s.echoOf(c, f)) })
	}
	s.await()
	if e := s.bs.Entry(f.handle); group != noGroup && e != nil && e.On(l) {
		s.bs.Regroup(f.handle, group, done)
		return nil
	}
	s.bs.Add(l, f.handle, f.name.value, group, done)
	return nil
}

// echoOf are the words of an addition, as the client has said them.
func (s *session) echoOf(c bridge.Change, f fields) []string {
	words := []string{handleField(f.handle)}
	switch {
	case f.name.word != "":
		words = append(words, f.sameName())
	case c.List == bridge.FL:
		words = append(words, nameField(c.Entry))
	}
	if c.List == bridge.FL {
		words = append(words, s.guidField(c.Entry))
	}
	return withGroup(words, f.group)
}

func withGroup(words []string, group string) []string {
	if group == "" {
		return words
	}
	return append(words, group)
}

// groupNamed is the group that a word names; none for an empty one.
func (s *session) groupNamed(l bridge.List, word string) (int, error) {
	if word == "" {
		return noGroup, nil
	}
	if l != bridge.FL {
		return 0, codeInvalid
	}
	id, err := s.d.forms.groups.find(s, []byte(word))
	if err == nil && id == 0 {
		err = codeNoGroup
	}
	return id, err
}

// regroup puts a contact, who is named by GUID, into one more group. In these
// dialects nobody is both in a group and in none, so the contact leaves group 0,
// which earlier dialects show.
func (s *session) regroup(r *request, l bridge.List, f fields) error {
	if l != bridge.FL || f.guid == "" {
		return codeInvalid
	}
	group, err := s.groupNamed(l, f.group)
	if err != nil {
		return err
	}
	e := s.contactCalled(f.guid)
	switch {
	case e == nil:
		return codeBadUser
	case group == noGroup:
		return codeThere
	}
	trid, row := r.trid, r.row
	s.await()
	s.bs.Regroup(e.Handle, group, func(c bridge.Change, err error) {
		s.settled(trid, row, err, func() { s.listChange("ADC", trid, c, "C="+f.guid, f.group) })
	})
	return nil
}
