// Command wavebench models waves from survey files, lists the devices that can
// do it, verifies the engine against reference cases, and measures its speed.
//
// Each command is in the file of its name and only reads flags and prints; the
// work is in the packages under internal.
package main

import "os"

func main() { os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr)) }
