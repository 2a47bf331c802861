package main

import (
	"fmt"
	"log/slog"

	"msnbridge/cmd/msnbridge/internal/config"
)

type confCheck struct{}

func (*confCheck) Run(g *globals) error {
	c, err := config.Load(g.Config)
	if err != nil {
		return err
	}
	if _, err := networks(c, nil, nil, nil, slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	fmt.Printf("%s: ok\n", c.File)
	return nil
}
