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
	s.await()
	s.bs.Add(l, f.handle, f.name.value, group, func(c bridge.Change, err error) {
		s.settled(trid, row, err, func() { s.added(trid, c, s.echoOf(c, f)) })
	})
	return nil
}

// echoOf are the words of an addition, as the client has said them.
func (s *session) echoOf(c bridge.Change, f fields) []string {
	words := []string{handleField(f.handle)}
	switch {
	case f.name.word != "":
		words = append(words, "F="+f.name.word)
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

// acknowledged answers what clients say of their own accord once their user has
// decided about somebody who is pending: that is for the server to know, so nothing
// is changed.
func (s *session) acknowledged(r *request, handle string) error {
	e := s.bs.Entry(handle)
	if e == nil || !e.On(bridge.RL) {
		return codeInvalid
	}
	words := make([]string, len(r.args))
	for i := range words {
		words[i] = r.arg(i)
	}
	r.reply(string(r.row.verb), words...)
	return nil
}

// remGUID takes somebody off a list, from MSNP10 on: a contact by GUID, off the
// forward list or only out of a group, and off the other lists by handle.
func remGUID(s *session, r *request) error {
	who, word := r.arg(1), ""
	if len(r.args) > 2 {
		word = r.arg(2)
	}
	if r.arg(0) == "PL" {
		return s.acknowledged(r, who)
	}
	l, err := listOf(r.args[0])
	if err != nil {
		return err
	}
	group, err := s.groupNamed(l, word)
	if err != nil {
		return err
	}
	handle := who
	if l == bridge.FL {
		if e := s.contactCalled(who); e != nil {
			handle = e.Handle
		}
	}
	s.remove(r.trid, r.row, l, group, handle, withGroup([]string{who}, word))
	return nil
}

// adcWords and guidRemWords are those of a change that the client has not asked for.
func adcWords(s *session, c bridge.Change) []string {
	words := []string{handleField(c.Entry.Spelling())}
	switch c.List {
	case bridge.RL:
		words = append(words, nameField(c.Entry))
	case bridge.FL:
		words = append(words, nameField(c.Entry), s.guidField(c.Entry))
	}
	return withGroup(words, s.groupOf(c))
}

func guidRemWords(s *session, c bridge.Change) []string {
	if c.List != bridge.FL {
		return []string{c.Entry.Spelling()}
	}
	return withGroup([]string{s.guidOf(c.Entry)}, s.groupOf(c))
}

// groupOf is the group that a change names, if it does.
func (s *session) groupOf(c bridge.Change) string {
	if c.List != bridge.FL || c.Group <= 0 {
		return ""
	}
	return s.d.forms.groups.word(s, c.Group)
}
