package msn

import (
	"errors"
	"strconv"

	"msnbridge/bridge"
)

// A code is an error number: the reply that a handler returns (draft, 7.11;
// doc/protocol, 06 section 2).
type code int

// The numbers that are used by name.
const (
	codeSyntax      code = 200
	codeInvalid     code = 201
	codeInvalidUser code = 205
	codeNoDomain    code = 206
	codeLoggedIn    code = 207
	codeBadUser     code = 208
	codeBadName     code = 209
	codeListFull    code = 210
	codeThere       code = 215
	codeNotThere    code = 216
	codeNotOnline   code = 217
	codeSameMode    code = 218
	codeOpposite    code = 219
	codeManyGroups  code = 223
	codeNoGroup     code = 224
	codeNotInGroup  code = 225
	codeGroupExists code = 228
	codeGroupName   code = 229
	codeGroupZero   code = 230
	codeBadPeer     code = 282
	codeNotSignedIn code = 302
	codeInternal    code = 500
	codeDatabase    code = 501
	codeDisabled    code = 502
	codeChallenge   code = 540
	codeUnavailable code = 601
	codeBadSDC      code = 710
	codeCallingFast code = 713
	codeNotExpected code = 715
	codeTooFast     code = 800
	codeFailed      code = 911
	codeHidden      code = 913
)

func (c code) Error() string { return "error " + strconv.Itoa(int(c)) }

// errEnd ends the connection after what has been sent.
var errEnd = errors.New("end of connection")

// end is the error number c, and the end of the connection after it.
func end(c code) error { return errors.Join(c, errEnd) }

// listErrors are the numbers for what can be wrong with a request.
var listErrors = []struct {
	err  error
	code code
}{
	{bridge.ErrMalformed, codeInvalid},
	{bridge.ErrNoSuchUser, codeInvalidUser},
	{bridge.ErrAlreadyThere, codeThere},
	{bridge.ErrNotOnList, codeNotThere},
	{bridge.ErrOpposite, codeOpposite},
	{bridge.ErrListFull, codeListFull},
	{bridge.ErrInvalid, codeInvalid},
	{bridge.ErrNameTooLong, codeBadName},
	{bridge.ErrSame, codeSameMode},
	{bridge.ErrGroup, codeNoGroup},
	{bridge.ErrNotInGroup, codeNotInGroup},
	{bridge.ErrGroupExists, codeGroupExists},
	{bridge.ErrGroupZero, codeGroupZero},
	{bridge.ErrTooManyGroup, codeManyGroups},
	{bridge.ErrStore, codeDatabase},
	{bridge.ErrNotOnline, codeNotOnline},
	{bridge.ErrBlocked, codeNotThere},
}

// codeOf is the number for an error; special are those that the command at hand
// names differently.
func codeOf(err error, special map[error]code) code {
	var c code
	if errors.As(err, &c) {
		return c
	}
	for e, c := range special {
		if errors.Is(err, e) {
			return c
		}
	}
	for _, row := range listErrors {
		if errors.Is(err, row.err) {
			return row.code
		}
	}
	return codeInternal
}
