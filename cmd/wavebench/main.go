// Command wavebench models waves from survey files, lists the devices that can
// do it, verifies the engine against reference cases, and measures its speed.
//
// Each command is in the file of its name and only reads flags and prints; the
// work is in the packages under internal.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// A reader that has gone away must not take the results with it: writing to it
	// is an error like others.
	signal.Ignore(syscall.SIGPIPE)
	boundGarbage()
	os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr))
}
