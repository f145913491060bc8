package main

import (
	"context"
	"fmt"
	"time"

	"github.com/belfryhq/belfry"
)

// intakePatience is how long a send may wait in the intake while nodes run; they take what is there within a second.
const intakePatience = 30 * time.Second

// checkIntake looks at what apps left in transactions of their own.
func (c *doctorCmd) checkIntake(ctx context.Context) (checkStatus, string, string) {
	var state belfry.IntakeState
	err := withDatabase(ctx, c.Database, func(store operatorStore) (err error) {
		if intake, ok := store.(interface {
			IntakeState(context.Context) (belfry.IntakeState, error)
		}); ok {
			state, err = intake.IntakeState(ctx)
		}
		return err
	})
	waits := time.Since(state.Oldest).Round(time.Second)
	switch {
	case err != nil:
		return checkFailed, err.Error(), "See docs/operate/cluster.md."
	case state.Waiting > 0 && waits > intakePatience:
		return checkWarning, fmt.Sprintf("not taken in, of what apps left in their transactions: %s, the first for %v", plural(state.Waiting, "send"), waits),
			"Start a node; if one runs, its log says why it does not."
	case state.Refused > 0:
		return checkWarning, fmt.Sprintf("refused, of what apps left in their transactions: %s, the last (%s) because: %s", plural(state.Refused, "send"), state.Last, state.Reason),
			"Mend the app, the category or the template, and see docs/guide/transactions.md for how to let them go again."
	}
	return checkOK, "what apps leave in their transactions is taken in", ""
}
