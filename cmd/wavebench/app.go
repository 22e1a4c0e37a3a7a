package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/job"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
)

// Exit codes. A program that a signal has ended returns 128 and the signal's
// number, as shells report it.
const (
	exitOK       = 0
	exitError    = 1
	exitInternal = 2
	exitSignal   = 128
)

// app is one execution of the program.
type app struct {
	stdout, stderr io.Writer
	// end ends the writing of results and says what became of them, for when the
	// program has to end at once.
	end atomic.Pointer[func() string]
}

// errSilent ends a command that has printed why.
var errSilent = errors.New("")

// grace is how long a command may take to stop by itself after Ctrl-C.
const grace = 600 * time.Millisecond

// run executes a command line and returns the exit code. The first SIGINT, SIGTERM
// or SIGHUP cancels the command; a second ends the program at once.
func run(args []string, _ io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdout: stdout, stderr: stderr}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it
		signal.Notify(signals, syscall.SIGHUP)
	}
	defer signal.Stop(signals)

	done := make(chan int, 1)
	go func() { done <- a.execute(ctx, args) }()
	var first os.Signal
	select {
	case code := <-done:
		return code
	case first = <-signals:
		cancel()
	}
	select {
	case code := <-done:
		if code == exitOK { // it was done already
			return code
		}
	case <-signals:
	case <-time.After(grace):
	}
	outcome := "nothing was written"
	if end := a.end.Load(); end != nil {
		outcome = (*end)()
	}
	what, code := "interrupted", exitSignal+int(syscall.SIGINT)
	switch first {
	case syscall.SIGTERM:
		what, code = "terminated", exitSignal+int(syscall.SIGTERM)
	case syscall.SIGHUP:
		what, code = "terminal closed", exitSignal+int(syscall.SIGHUP)
	}
	fmt.Fprintf(stderr, "wavebench: %s, %s\n", what, outcome)
	return code
}

// execute runs the command and prints its error.
func (a *app) execute(ctx context.Context, args []string) (code int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(a.stderr, "wavebench: internal error, please report it with the command line and files that led to it: %v\n", r)
			if os.Getenv("WAVEBENCH_DEBUG") != "" {
				a.stderr.Write(debug.Stack())
			} else {
				fmt.Fprintln(a.stderr, "(set WAVEBENCH_DEBUG=1 to see where it happened)")
			}
			if end := a.end.Load(); end != nil {
				fmt.Fprintln(a.stderr, (*end)())
			}
			code = exitInternal
		}
	}()
	c := a.cli()
	args, err := flagsFirst(c, args)
	if err == nil {
		err = c.RunContext(ctx, args)
	}
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil:
		return exitSignal
	case errors.Is(err, errSilent):
		return exitError
	}
	text := job.Plain(err.Error())
	var ce *config.Error
	if errors.As(err, &ce) && strings.Contains(text, "\n") {
		text = "the survey has problems:\n" + text
	}
	fmt.Fprintf(a.stderr, "wavebench: %s\n", text)
	return exitError
}

func (a *app) cli() *cli.App {
	return &cli.App{
		Name:            "wavebench",
		Usage:           "model waves from survey files",
		Description:     "To start:  wavebench init survey.yaml  and  wavebench run survey.yaml",
		Version:         versionText(record.Build()),
		HideHelpCommand: true,
		Writer:          a.stdout,
		ErrWriter:       a.stderr,
		Commands:        []*cli.Command{a.runCommand(), a.initCommand(), a.devicesCommand(), a.verifyCommand(), a.sensitivityCommand(), a.benchCommand(), a.versionCommand()},
		CommandNotFound: nil,
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return cli.ShowAppHelp(c)
			}
			var names []string
			for _, cmd := range c.App.Commands {
				names = append(names, cmd.Name)
			}
			text := fmt.Sprintf("command is %q, want one of %s", c.Args().First(), strings.Join(names, ", "))
			if n := config.Nearest(c.Args().First(), names); n != "" {
				text += fmt.Sprintf(" (did you mean %q?)", n)
			}
			return errors.New(text)
		},
		OnUsageError:   usage,
		ExitErrHandler: func(*cli.Context, error) {},
	}
}

// usage words a mistake in the flags.
func usage(c *cli.Context, err error, _ bool) error {
	name := "wavebench"
	var flags []string
	if c.Command != nil && c.Command.Name != "" && c.Command.Name != name {
		name += " " + c.Command.Name
		for _, f := range c.Command.Flags {
			flags = append(flags, f.Names()[0])
		}
	}
	if _, flag, ok := strings.Cut(err.Error(), "not defined: -"); ok {
		if n := config.Nearest(strings.TrimLeft(flag, "-"), flags); n != "" {
			return fmt.Errorf("unknown flag --%s: did you mean --%s?", strings.TrimLeft(flag, "-"), n)
		}
	}
	return fmt.Errorf("%w (`%s --help` lists the flags)", err, name)
}

// flagsFirst moves the flags of a command before its other arguments, which is
// where package cli wants them. What it would let pass is an error: a flag that
// takes the next flag for its value, an empty value, a second value.
func flagsFirst(c *cli.App, args []string) ([]string, error) {
	at := 1 + slices.IndexFunc(args[1:], func(arg string) bool { return !strings.HasPrefix(arg, "-") })
	if at == 0 {
		return args, nil
	}
	cmd := c.Command(args[at])
	if cmd == nil {
		return args, nil
	}
	canonical, takesValue, several := map[string]string{}, map[string]bool{}, map[string]bool{}
	for _, f := range cmd.Flags {
		_, isBool := f.(*cli.BoolFlag)
		_, isSlice := f.(*cli.StringSliceFlag)
		for _, n := range f.Names() {
			canonical[n], takesValue[n], several[n] = f.Names()[0], !isBool, isSlice
		}
	}
	flags, rest := []string{}, []string{}
	given := map[string]bool{}
	for i := at + 1; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			rest = append(rest, args[i+1:]...)
			break
		}
		if len(arg) < 2 || arg[0] != '-' {
			rest = append(rest, arg)
			continue
		}
		flags = append(flags, arg)
		name, value, hasValue := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if !takesValue[name] {
			continue
		}
		if !hasValue && i+1 < len(args) {
			if _, err := strconv.ParseFloat(args[i+1], 64); err == nil || args[i+1] == "-" || !strings.HasPrefix(args[i+1], "-") {
				i++
				value = args[i]
				flags = append(flags, value)
			}
		}
		dashed, _, _ := strings.Cut(arg, "=")
		switch {
		case value == "":
			return nil, fmt.Errorf("flag needs an argument: %s (`wavebench %s --help` lists the flags)", dashed, cmd.Name)
		case given[canonical[name]] && !several[name]:
			return nil, fmt.Errorf("flag %s is given twice, want one value", dashed)
		}
		given[canonical[name]] = true
	}
	return slices.Concat(args[:at+1], flags, []string{"--"}, rest), nil
}
