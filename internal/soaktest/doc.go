// Package soaktest lets a server in this process live through what days of use are made of, in a random mixture: people come,
// go without a word, stop reading for a while and come back; an app sends to one, to several, to everyone and in bulk; people
// read and archive. Every notification has a number, and every device must get each number once, in its order; in the end
// descriptors, goroutines and heap must be what they were.
//
// A quarter of the devices come through a handler that cannot be hijacked, so that both transports carry the load.
//
// By default it is 500 streams for 20 seconds, longer where a slow machine has not yet done enough to show something, under the race
// detector where the tests are. The long form is
//
//	SOAK_STREAMS=5000 SOAK_TIME=10m SOAK_SEED=7 go test -run TestSoak -v -timeout 30m ./internal/soaktest
//
// without -race, which takes no more than 8,128 goroutines, and here each device is one.
//
// The tests run one after the other: they measure the process.
package soaktest
