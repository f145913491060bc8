// Command belfry is the notification bell for web apps: its server, and the commands around it. `belfry --help` tells
// them.
//
// Exit status: 0 done, 1 failed, 2 the command line or a setting cannot be used (no use in trying again).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // people's time zones must be known on machines that have no list of them

	"github.com/alecthomas/kong"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/config"
)

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// commands is the table of contents: one field, one file.
type commands struct {
	Serve     serveCmd     `cmd:"" help:"Serve the bell."`
	Demo      demoCmd      `cmd:"" set:"database=sqlite:belfry-demo.db" help:"Serve the bell with a sample app and a sample person, to try it out."`
	Send      sendCmd      `cmd:"" help:"Send a notification."`
	Listen    listenCmd    `cmd:"" help:"Print a person's stream as it comes."`
	Token     tokenCmd     `cmd:"" help:"Make a token (JWT) that lets a person's browser in."`
	Key       keyCmd       `cmd:"" help:"Add, list and remove API keys, also while the server runs."`
	Backup    backupCmd    `cmd:"" help:"Write a copy of the database, also while the server runs."`
	Migrate   migrateCmd   `cmd:"" help:"Make the database, or bring it up to date, and end."`
	Move      moveCmd      `cmd:"" help:"Move everything from SQLite to PostgreSQL, once; clients go on where they are."`
	Doctor    doctorCmd    `cmd:"" help:"Test a running server."`
	Health    healthCmd    `cmd:"" help:"Ask a server whether it is ready, and fail when it is not: for the health check of a container."`
	Plan      planCmd      `cmd:"" help:"Calculate what so many people need: nodes, memory, cores, disk, mail."`
	Bench     benchCmd     `cmd:"" help:"Load a server with thousands of streams, check every delivery, and say what it cost."`
	FakeGmail fakeGmailCmd `cmd:"" help:"Serve a fake Gmail that keeps what it gets and misbehaves on demand, to test with."`
	Version   versionCmd   `cmd:"" help:"Say which version this is."`
}

func main() {
	// The first signal asks for an orderly end; after it, signals do again what they do by themselves: a second one ends
	// the program at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], &program{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		terminal: isTerminal(os.Stdout), logTerminal: isTerminal(os.Stderr), color: isTerminal(os.Stdout) && os.Getenv("NO_COLOR") == "",
		settings: config.WorkingDir(),
	}))
}

// A program is what a command may touch of the process it runs in.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	terminal       bool // a person reads stdout
	logTerminal    bool // a person reads stderr
	color          bool
	settings       *config.Source
}

// usageError is a failure that trying again does not mend.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run runs one command line and returns the exit status.
func run(ctx context.Context, args []string, p *program) int {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parser, err := kong.New(&commands{},
		kong.Name("belfry"), kong.Description("Belfry gives a web app its notification bell."),
		kong.Vars{"database": config.DefaultDatabase}, kong.Resolvers(p.settings),
		kong.Writers(p.stdout, p.stderr), kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.ValueFormatter(helpOf),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(p))
	if err != nil {
		return p.fail(err, exitFailed)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		if unusable := new(config.Error); errors.As(err, &unusable) {
			err = unusable
		}
		return p.fail(err, exitUsage)
	}
	if err := parsed.Run(); err != nil {
		if errors.As(err, new(usageError)) {
			return p.fail(err, exitUsage)
		}
		return p.fail(err, exitFailed)
	}
	return exitDone
}

// fail tells why the command failed. Of a request that was refused field by field, the fields are all that matters.
func (p *program) fail(err error, status int) int {
	if refused := new(belfry.Error); errors.As(err, &refused) && len(refused.Fields) > 0 {
		for _, f := range refused.Fields {
			p.tell("belfry: %s: %s", f.Field, f.Message)
		}
		return status
	}
	p.tell("belfry: %v", err)
	return status
}

// helpOf adds to a flag's help its default, and the name that it has in the environment.
func helpOf(v *kong.Value) string {
	var more []string
	if v.HasDefault {
		more = append(more, "default "+v.Default)
	}
	if name := v.Tag.Get("setting"); name != "" {
		more = append(more, "$"+name)
	}
	if len(more) == 0 {
		return v.Help
	}
	return v.Help + " [" + strings.Join(more, ", ") + "]"
}
