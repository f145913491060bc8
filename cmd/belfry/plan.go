package main

import (
	"fmt"

	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/internal/plan"
)

type planCmd struct {
	Users      plan.Quantity    `required:"" placeholder:"N" help:"How many people there are: 250000, 250k, 1.5M."`
	Rate       plan.Frequency   `default:"10/d" help:"Notifications: 10/d to each person in a day, or 500/s to all people together, in the mean of the day."`
	Connected  plan.Part        `default:"10%" help:"How many are connected at once, at the busiest time: 10%, or 25k."`
	Streams    float64          `default:"1.2" help:"Open streams of one who is connected; all tabs of a browser share one."`
	Broadcasts float64          `default:"1" help:"Notifications to everyone, in a day."`
	Peak       float64          `default:"5" help:"The busiest time, in means of the day."`
	Batch      float64          `default:"1" help:"Sends in one request."`
	Visits     float64          `default:"5" help:"Pages with a bell that one person opens in a day."`
	Mail       plan.Part        `default:"0%" help:"The part of the notifications that is mailed too."`
	Size       plan.Quantity    `default:"300" help:"Bytes of a notification: title, body, url, data."`
	Retention  config.Retention `default:"90d" help:"How long notifications are kept."`
	Heartbeat  config.Heartbeat `default:"25s" help:"The interval of heartbeats."`
	Cluster    bool             `help:"Plan several nodes even where one is enough."`
	Set        []string         `placeholder:"NAME=VALUE" sep:"none" help:"Change a figure, such as connect=150; the answer names them all."`
	Figures    bool             `default:"true" negatable:"" help:"Tell the figures, and where each was measured."`
	JSON       bool             `help:"Answer in JSON."`
}

// Run calculates, and asks nobody.
func (c *planCmd) Run(p *program) error {
	people := float64(c.Users)
	load := plan.Load{
		People: people, Connected: c.Connected.Of(people), Streams: c.Streams, PerSecond: c.Rate.Of(people), Broadcasts: c.Broadcasts, Peak: c.Peak,
		Batch: c.Batch, Visits: c.Visits, Mail: c.Mail.Of(1), Size: float64(c.Size), Retention: c.Retention.Duration(), Heartbeat: c.Heartbeat.Duration(),
		Cluster: c.Cluster,
	}
	if err := load.Validate(); err != nil {
		return usageError{err}
	}
	figures := plan.Measured()
	for _, change := range c.Set {
		var err error
		if figures, err = figures.Set(change); err != nil {
			return usagef("--set: %w", err)
		}
	}
	answer := plan.New(load, figures)
	if c.JSON {
		return p.printJSON(answer)
	}
	c.print(p, answer)
	return nil
}

func (c *planCmd) print(p *program, answer *plan.Plan) {
	asked := &answer.Asked
	p.printf("%s\n\n", p.paint(fmt.Sprintf("Belfry for %s people, %s of them connected at once", plan.Amount(asked.People, ""), plan.Amount(asked.Connected, "")), bold))
	printVerdict(p, answer)
	part := ""
	for _, l := range answer.Lines {
		if l.Part != part {
			part = l.Part
			p.printf("\n%s\n", p.paint(part, bold))
		}
		p.printf("  %-22s%14s   %s\n", l.Name, plan.Amount(l.Value, l.Unit), p.paint(l.How, dim))
	}
	p.printf("\n%s\n", p.paint("limits", bold))
	for _, l := range answer.Limits {
		p.printf("  %-34s%8s used\n", l.Name, plan.Amount(100*l.Share, "%"))
	}
	if !c.Figures {
		return
	}
	p.printf("\n%s (change one with --set NAME=VALUE)\n", p.paint("figures", bold))
	for _, f := range answer.Figures {
		p.printf("  %-22s%14s   %s (%s)\n", f.Name, plan.Amount(f.Value, f.Unit), f.Means, p.paint(f.From, dim))
	}
}

// printVerdict says what is needed, what does not do, and what the next limit is.
func printVerdict(p *program, answer *plan.Plan) {
	for _, l := range answer.TooSmall {
		p.printf("Too little in one cluster: %s, %s %% used. Mend: %s.\n", l.Name, plan.Amount(100*l.Share, ""), l.Mend)
	}
	nearest, style, verdict := answer.Limits[0], green, fmt.Sprintf("%d nodes on PostgreSQL and NATS", answer.Nodes)
	switch {
	case nearest.Share > 1:
		style, verdict = red, "It does not fit, into any number of clusters"
	case answer.Single:
		verdict = "One node with SQLite is enough"
	case answer.Clusters > 1:
		verdict = fmt.Sprintf("%d clusters, of %s. All below is of each, for a part of the people", answer.Clusters, verdict)
	}
	p.printf("%s.\n", p.paint(verdict, style))
	if nearest.Share <= 1 && nearest.Share > 0 {
		p.printf("The next limit, at %s times as much: %s. Then: %s.\n", plan.Amount(1/nearest.Share, ""), nearest.Name, nearest.Mend)
	}
}
