package p2p

import (
	"math/rand/v2"
	"strings"

	"github.com/google/uuid"
)

// NewGUID makes a random GUID in the clients' form: upper case, without braces.
func NewGUID() string { return strings.ToUpper(uuid.NewString()) }

// NewID makes a random number for Header.AckID, or the ID of a first message. It is
// not 0, and far from where IDs begin anew.
func NewID() uint32 { return 1<<16 + rand.Uint32N(1<<31) }
