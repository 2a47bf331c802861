//go:build !goolm

package matrix

import (
	"context"

	"msnbridge/bridge"
)

// openCipher has nothing to open: mautrix's encryption in pure Go needs the tag goolm.
func (c *Conn) openCipher(context.Context) (cipher, string, error) { return nil, noteNoBuild, nil }

// forgetCipher has nothing to delete.
func (n *Network) forgetCipher(context.Context, bridge.Login) error { return nil }

type vault struct{}
