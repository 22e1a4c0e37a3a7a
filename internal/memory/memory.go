// Package memory says how much memory the machine has left. It imports nothing
// else of this module.
package memory
