package bridge

type account struct{}

type told struct{}
