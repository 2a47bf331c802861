//go:build !goolm

package matrix

import (
	"context"

	"msnbridge/bridge"
)

// openCipher has nothing to open: mautrix's encryption in pure Go needs the tag goolm.
func (c *Conn) openCipher(context.Context) (cipher, string, error) {
	return nil, c.net.vault.note(), nil
}

// forgetCipher has nothing to delete.
func (n *Network) forgetCipher(context.Context, bridge.Login) error { return nil }

// vault is where keys would be.
type vault struct{}

func (vault) note() string { return noteNoBuild }
