package plan

// messages returns how many NATS takes and gives in a second.
func (c *calculation) messages() (in, out float64) {
	in = c.sends / c.Batch
	return in, in * (c.nodes - 1) // nobody hears their own
}

// busWork returns how many cores NATS has busy.
func (c *calculation) busWork() float64 {
	return c.sends * c.nodes * c.together("bus-ring") / 1e6
}

// busBytes returns what NATS sends out in a second.
func (c *calculation) busBytes() float64 {
	return c.sends * (c.nodes - 1) * (c.f.value("ring") + c.Size)
}

func (c *calculation) writeBus() {
	if c.one {
		return
	}
	const part = "NATS"
	in, out := c.messages()
	c.add(part, "messages in", in, "/s", "sends / %s in a request", number(c.Batch))
	c.add(part, "messages out", out, "/s", "to each of the other %s nodes", number(c.nodes-1))
	c.add(part, "bytes out", c.busBytes(), "B/s", "sends × other nodes × (%s + %s B)", c.fig("ring"), number(c.Size))
	c.add(part, "cores busy", c.busWork(), "", "sends × nodes × %s µs", number(c.together("bus-ring")))
}

func (c *calculation) writeNetwork() {
	bytes := c.deliveries*(c.f.value("frame")+c.Size) + c.beats*c.f.value("beat")
	c.add("network", "to people", bytes*8, "bit/s", "deliveries × (%s + %s B) + heartbeats × %s", c.fig("frame"), number(c.Size), c.fig("beat"))
}

func (c *calculation) writeMail() {
	if c.Mail == 0 {
		return
	}
	const part = "mail"
	daily := c.PerSecond * c.Mail * day
	c.add(part, "mails", daily, "/day", "%s of the notifications; fewer when what was read in time is not mailed", percent(c.Mail))
	c.add(part, "at the peak", c.mails, "/s", "a Google account is used for 1 in a second")
	c.add(part, "accounts", max(1, up(daily/c.f.value("mail-quota"))), "", "of %s a day (Gmail 500, Workspace 2,000, its relay 10,000); beyond some, a mail provider", c.fig("mail-quota"))
}
