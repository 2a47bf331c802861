package main

type chatCommand struct{}

func (*chatCommand) Run() error { return nil }
