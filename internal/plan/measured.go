package plan

// Where figures come from.
const (
	results = "bench/RESULTS.md"
	recipe  = "docs/operate/scale.md, two nodes"
	assumed = "assumed"
)

// Measured returns the figures as they were measured on a virtual AMD EPYC with two processors that the load shared, and what is assumed
// where a machine, and no measurement, decides.
func Measured() Figures {
	return Figures{all: []Figure{
		{"stream-memory", 550, "B", "what a silent stream takes in the process", results + ", idle: 0.44 to 0.52 KiB"},
		{"socket-memory", 5000, "B", "what its socket takes in the kernel", "docs/operate/scale.md, /proc/meminfo at 8,000 streams"},
		{"base-memory", 64 << 20, "B", "the process without streams, with room for a storm", "belfry bench idle -n 10000: 28 MiB with 10,000 streams; the rest assumed"},
		{"streams-per-node", 100_000, "", "more would be too many to lose at once", assumed + "; the tests open up to 18,000"},
		{"connect", 140, "µs", "letting in one stream, token checked", results + ", idle: 130 to 147"},
		{"list", 200, "µs", "the list that a page loads", "go test ./sqlite ./internal/api -bench List: 155 + 13; network assumed"},
		{"heartbeat", 20, "µs", "one heartbeat", results + ", idle: 0.71 to 0.79 % of a core for 400 in a second"},
		{"fanout", 10, "µs", "one delivery more of what is sent once", results + ", fanout: 9.6 to 10.8"},
		{"sqlite-send", 140, "µs", "sent alone, stored, synced and delivered, on SQLite", results + ", unicast: 134 to 141"},
		{"sqlite-send-bulk", 42, "µs", "the same, one of 100 in a request", results + ", bulk: 41 to 42"},
		{"sqlite-rate", 13_000, "/s", "sends alone that one SQLite file takes", "belfry bench unicast --senders 64: 13,295"},
		{"sqlite-rate-bulk", 30_000, "/s", "the same, one of 100 in a request", results + ", bulk: 29,416 to 30,472"},
		{"sqlite-row", 80, "B", "a stored notification with its index, beside its bytes × 1.3", "go test ./sqlite -bench Stored: 109, 435 and 1,394 with 33, 333 and 1,033"},
		{"sqlite-file", 200 << 30, "B", "a file that can still be copied for a backup", assumed},
		{"send", 230, "µs", "sent alone, stored, synced and delivered, on PostgreSQL: the node's part", recipe + ": 229"},
		{"send-bulk", 43, "µs", "the same, one of 100 in a request", recipe + ": 43"},
		{"database-send", 336, "µs", "PostgreSQL's part of a send alone", recipe + ": 336"},
		{"database-send-bulk", 50, "µs", "the same, one of 100 in a request", recipe + ": 50"},
		{"look", 75, "µs", "a stream asks the database whether rings were lost: the node's part", recipe + ": 78 with the heartbeat"},
		{"database-look", 63, "µs", "PostgreSQL's part of it", recipe + ": 63"},
		{"look-interval", 30, "s", "how often, when nothing is heard", "server/config.go, recheckEvery"},
		{"database-list", 200, "µs", "PostgreSQL's part of a list", assumed + ": as SQLite's"},
		{"row", 200, "B", "a stored notification with its indexes, beside its bytes", "go test ./postgres -bench Stored: 215, 536 and 1,252 with 33, 333 and 1,033"},
		{"wal", 475, "B", "what its write-ahead log has beside its bytes", "go test ./postgres -bench Stored: 503, 808 and 1,506"},
		{"person", 300, "B", "the row of a person with its indexes", assumed},
		{"database-cores", 16, "", "cores of the database's machine", assumed},
		{"database-disk", 10 << 40, "B", "its disk", assumed},
		{"database-pool", 16, "", "connections that a node keeps", "docs/operate/cluster.md, pool_max_conns"},
		{"database-connections", 500, "", "connections that PostgreSQL bears well without a pooler", assumed},
		{"hear", 40, "µs", "a node hears of a send alone on another: each node, each send", recipe + ": 39.5"},
		{"hear-bulk", 12.6, "µs", "the same, one of 100 in a request", recipe + ": 12.6"},
		{"bus-ring", 20, "µs", "NATS takes or gives one ring alone", recipe + ": 39 for both"},
		{"bus-ring-bulk", 1.2, "µs", "the same, one of 100 in a message", recipe + ": 2.4 for both"},
		{"bus-cores", 4, "", "cores of one NATS server", assumed},
		{"bus-bandwidth", 1.25e9, "B/s", "what one NATS server sends out (10 Gbit/s)", assumed},
		{"frame", 390, "B", "a delivery on the wire beside its bytes, counts and TCP/IP included", "docs/operate/scale.md, one stream: 323 + 66"},
		{"beat", 130, "B", "a heartbeat on the wire, TCP/IP included", "docs/operate/scale.md, one stream: 64 + 66"},
		{"ring", 300, "B", "a ring on the bus beside its bytes", "docs/operate/scale.md, one stream: 239 of JSON; internal/wirebus adds the person, numbers and head"},
		{"mail", 600, "µs", "a mail rendered and handed over, without TLS", "docs/operate/scale.md, 2,000 captured: 575"},
		{"mail-bytes", 5900, "B", "a mail that is kept, with its entry", "docs/operate/scale.md, 2,000 captured: 6,050 with the notification"},
		{"mail-quota", 2000, "", "mails that one account sends in 24 hours (Gmail 500, Workspace 2,000, its relay 10,000)", "docs/guide/gmail.md"},
		{"ports", 28_000, "", "connections from one address of a proxy to a node", "Linux, net.ipv4.ip_local_port_range"},
		{"cores", 4, "", "cores of a node", assumed},
		{"busy", 50, "%", "of all cores in use at the busiest time", assumed},
		{"spare", 1, "", "nodes that may be away while all is served", assumed},
	}}
}
