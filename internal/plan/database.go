package plan

// sqliteSlack is what the ends of SQLite's pages lose, for rows of a few hundred bytes: go test ./sqlite -bench Stored.
const sqliteSlack = 1.3

// file returns the bytes that SQLite keeps.
func (c *calculation) file() float64 {
	return c.kept()*(c.f.value("sqlite-row")+sqliteSlack*c.Size) + c.kept()*c.Mail*c.f.value("mail-bytes") + c.People*c.f.value("person")
}

// disk returns the bytes that PostgreSQL keeps.
func (c *calculation) disk() float64 {
	return c.kept()*(c.f.value("row")+c.Size) + c.kept()*c.Mail*c.f.value("mail-bytes") + c.People*c.f.value("person")
}

// sqliteRate returns how many sends in a second one file takes.
func (c *calculation) sqliteRate() float64 {
	return 1 / between(1/c.f.value("sqlite-rate"), 1/c.f.value("sqlite-rate-bulk"), c.Batch)
}

// databaseWork returns how many cores PostgreSQL has busy.
func (c *calculation) databaseWork() float64 {
	return c.sends*c.together("database-send")/1e6 + c.cores(c.looks, "database-look") + c.cores(c.visits, "database-list")
}

func (c *calculation) connections() float64 { return c.nodes * c.f.value("database-pool") }

func (c *calculation) writeDatabase() {
	part := "PostgreSQL"
	if c.one {
		part = "SQLite"
	}
	c.add(part, "rows", c.sends, "/s", "one for each send; a broadcast is one for all")
	c.add(part, "rows kept", c.kept(), "", "%s in the mean × %s days, if all are removed then (unread ones stay)", rate(c.PerSecond), number(c.Retention.Hours()/24))
	if c.one {
		c.add(part, "file", c.file(), "B", "rows × (%s + %s × %s B)%s + %s people × %s", c.fig("sqlite-row"), number(sqliteSlack), number(c.Size), c.mailText(), number(c.People), c.fig("person"))
		c.add(part, "sends that it takes", c.sqliteRate(), "/s", "%s, %s; %s in a request", c.fig("sqlite-rate"), c.fig("sqlite-rate-bulk"), number(c.Batch))
		return
	}
	c.add(part, "disk", c.disk(), "B", "rows × (%s + %s B)%s + %s people × %s", c.fig("row"), number(c.Size), c.mailText(), number(c.People), c.fig("person"))
	c.add(part, "write-ahead log", c.sends*(c.f.value("wal")+c.Size), "B/s", "sends × (%s + %s B)", c.fig("wal"), number(c.Size))
	c.add(part, "looks", c.looks, "/s", "streams / %s: whoever hears nothing asks", c.fig("look-interval"))
	c.add(part, "cores busy", c.databaseWork(), "", "sends × %s µs + looks × %s + pages × %s", number(c.together("database-send")), c.fig("database-look"), c.fig("database-list"))
	c.add(part, "connections", c.connections(), "", "nodes × %s", c.fig("database-pool"))
}

func (c *calculation) mailText() string {
	if c.Mail == 0 {
		return ""
	}
	return " + mails × " + c.fig("mail-bytes")
}
