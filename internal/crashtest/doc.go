// Package crashtest holds the tests that break the real program: it is built, run, and killed in the middle of its work,
// its disk is filled, a second one is started on its file, and it is told to stop.
//
// TestCrash kills it with SIGKILL again and again, while writers send and streams follow, and after each restart
// compares all that was promised with what is there. By default it does so 20 times:
//
//	CRASHES=200 CRASH_SEED=7 go test ./internal/crashtest
//
// TestCluster, TestClusterFleet, TestClusterCutOff and TestClusterMailCrash do so to three processes on one PostgreSQL, and to what
// they stand on. TestClusterCutOff makes a network namespace, which needs root.
//
// TestMailCrash does the same at each word of its dialogue with a mail server, MAIL_CRASHES times (10), by MAIL_SEED.
//
// TestStorm makes thousands of streams (STORM_STREAMS, 2,000) lose the server at once, and TestProxies runs the program behind real
// proxies, with the configurations of docs/operate/proxies.md.
//
// SIGKILL takes the process, not the kernel: what was written and not synced survives it. That synced means durable is
// up to SQLite (synchronous=FULL) and the disk.
package crashtest
