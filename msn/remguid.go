package msn

import "msnbridge/bridge"

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
