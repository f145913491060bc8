package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/belfryhq/belfry"
)

// A Store is a [belfry.Store] in a PostgreSQL database. Make one with [Open].
type Store struct {
	pool   *pgxpool.Pool
	epoch  string
	writer *writer
	clock  clock
	closed atomic.Bool
	close  func()

	lastID                atomic.Int64 // time and counter of the ids given out
	transactions, changes atomic.Int64
}

var (
	_ belfry.Store        = (*Store)(nil)
	_ belfry.QueueCounter = (*Store)(nil)
)

// defaultConns is how many connections a store keeps at most, where its address says nothing (pool_max_conns).
const defaultConns = 16

// configure reads an address. Whoever gives up waiting has the statement canceled, so that the connection stays of use;
// a transaction that is left open, as by a node that was cut off, ends by itself and lets go of its locks.
func configure(url string, conns int32) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The driver's words quote the address, and with it perhaps a password.
		return nil, errors.New("it is not the address of a PostgreSQL database; give one like postgres://belfry:secret@db.example.com:5432/belfry")
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = conns
	}
	cfg.ConnConfig.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, CancelRequestDelay: 50 * time.Millisecond, DeadlineDelay: 2 * time.Second}
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	// The others wait for the locks of a node that is gone, so it has little time; a transaction waits for round trips only. Whoever waits
	// for a lock waits longer than that, so that it is not refused for what is over in a moment.
	for name, value := range map[string]string{"application_name": "belfry", "idle_in_transaction_session_timeout": "5000", "lock_timeout": "15000"} {
		if cfg.ConnConfig.RuntimeParams[name] == "" {
			cfg.ConnConfig.RuntimeParams[name] = value
		}
	}
	return cfg, nil
}

// Open opens the store in a database, whose address is a URL or a list of words (as libpq takes them), and brings its
// tables up to date; nodes that are started together do so once. It refuses a server that is older than PostgreSQL 14 or
// that cannot be written to, and tables that a newer Belfry has changed; the error says what to do, and holds no password.
func Open(ctx context.Context, url string) (_ *Store, err error) {
	s, err := connect(ctx, url, defaultConns)
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx); err != nil {
		s.pool.Close()
		return nil, explain(err)
	}
	if err := s.name(ctx); err != nil {
		s.pool.Close()
		return nil, explain(err)
	}
	if err := s.setClock(ctx); err != nil {
		s.pool.Close()
		return nil, explain(err)
	}
	s.writer = newWriter(s)
	life, end := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.keepClock(life) })
	s.close = sync.OnceFunc(func() {
		s.writer.close()
		end()
		running.Wait()
		s.closed.Store(true)
		s.pool.Close()
	})
	return s, nil
}

// connect connects to a server that will do.
func connect(ctx context.Context, url string, conns int32) (*Store, error) {
	cfg, err := configure(url, conns)
	if err != nil {
		return nil, err
	}
	return dial(ctx, cfg)
}

func dial(ctx context.Context, cfg *pgxpool.Config) (_ *Store, err error) {
	s := &Store{}
	if s.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, explain(err)
	}
	if err := s.inspect(ctx); err != nil {
		s.pool.Close()
		return nil, explain(err)
	}
	return s, nil
}

// oldest is the first version of PostgreSQL that will do: 14, as the project itself still maintains it.
const oldest = 140000

// inspect finds out what would fail too late, or less clearly.
func (s *Store) inspect(ctx context.Context) error {
	var version int64
	var readOnly, lazy bool
	var encoding string
	err := s.ask(ctx, func(r row) error {
		version, readOnly, encoding, lazy = r.int(0), r.is(1), r.text(2), r.is(3)
		return nil
	}, `SELECT current_setting('server_version_num')::int, current_setting('transaction_read_only')='on' OR pg_is_in_recovery(),
		current_setting('server_encoding'), current_setting('synchronous_commit')='off'`)
	switch {
	case err != nil:
		return err
	case version < oldest:
		return fmt.Errorf("the server is PostgreSQL %d, and Belfry needs 14 or newer: upgrade it", version/10000)
	case readOnly:
		return errReadOnly
	case encoding != "UTF8":
		return fmt.Errorf("the database's encoding is %s: make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0", encoding)
	case lazy:
		return errors.New("synchronous_commit is off, so that what was acknowledged could be lost: set it on for this database or role, as by ALTER ROLE … SET synchronous_commit = on")
	}
	return nil
}

var errReadOnly = errors.New("the server is read-only, a standby perhaps: name the primary, or several hosts and target_session_attrs=read-write")

// explain adds the mend to errors whose words do not tell it.
func explain(err error) error {
	state := sqlState(err)
	var connect *pgconn.ConnectError
	switch {
	case state == codeReadOnly:
		return errReadOnly
	case state == codeForbidden:
		return fmt.Errorf("%w; the role must own the schema belfry: CREATE SCHEMA belfry AUTHORIZATION the_role, or GRANT CREATE ON DATABASE", err)
	case state == "28P01" || state == "28000":
		return fmt.Errorf("the server refuses the role or its password: %s", strings.TrimSpace(message(err)))
	case state == "3D000":
		return fmt.Errorf("%s: make it with CREATE DATABASE", message(err))
	case state == "53300":
		return fmt.Errorf("the server has no connection to spare: %s; raise its max_connections, or add pool_max_conns=8 to the address", message(err))
	case isFull(err):
		return fmt.Errorf("the server's disk is full: %s; free space", message(err))
	case errors.As(err, &connect), isAway(err):
		return fmt.Errorf("the server does not answer: %s; is it running, and reachable from here?", oneLine(err))
	}
	return err
}

// oneLine returns what the driver says of its first try; it names each in a line.
func oneLine(err error) string {
	lines := strings.SplitN(err.Error(), "\n", 3)
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines[:min(len(lines), 2)], " ")
}

// message returns the server's own words.
func message(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}

// ownName is what a database is called in meta.home: no other one of this or another server has the name.
const ownName = `(SELECT system_identifier FROM pg_control_system())::text || '/' || (SELECT oid FROM pg_database WHERE datname=current_database())::text`

// name gives a new database its epoch, and one that was copied from another a new one: what waited to be mailed in the
// original may have left there.
func (s *Store) name(ctx context.Context) error {
	return s.write(ctx, func(ctx context.Context, t *tx) error {
		var epoch, home, here string
		err := t.query(ctx, func(r row) error {
			epoch, home, here = r.text(0), r.text(1), r.text(2)
			return nil
		}, `SELECT epoch, home, `+ownName+` FROM belfry.meta FOR UPDATE`)
		if err != nil {
			return err
		}
		if strings.HasPrefix(home, moving) {
			return errMoving
		}
		if epoch == "" || home != here {
			if home != "" {
				t.queue(`UPDATE belfry.deliveries SET committed=true WHERE state='queued'`)
			}
			epoch = fmt.Sprintf("%08x", rand.Uint32())
			t.queue(`UPDATE belfry.meta SET epoch=$1, home=$2, version=version+1`, epoch, here)
		}
		s.epoch = epoch
		return nil
	})
}

// Epoch implements [belfry.Store].
func (s *Store) Epoch() string { return s.epoch }

// errReplaced is what a node says whose database was replaced under it.
var errReplaced = errors.New("the database is not the one that was opened, it was restored or replaced: restart this node")

// Ping implements [belfry.Store]. A database that cannot be written to does not answer, in this sense.
func (s *Store) Ping(ctx context.Context) error {
	return failure("ping", s.ask(ctx, func(r row) error {
		switch {
		case r.is(1):
			return errReadOnly
		case r.text(0) != s.epoch:
			return errReplaced
		}
		return nil
	}, `SELECT epoch, pg_is_in_recovery() OR current_setting('transaction_read_only')='on' FROM belfry.meta`))
}

// Close implements [belfry.Store].
func (s *Store) Close() error {
	s.close()
	return nil
}

// mint returns a new id: those of one node rise strictly, whatever the clock does.
func (s *Store) mint(at time.Time) belfry.ID {
	for {
		last := s.lastID.Load()
		next := max(last+1, at.UnixMilli()<<12)
		if s.lastID.CompareAndSwap(last, next) {
			return belfry.NewID(fromMilli(next>>12), uint16(next&0xfff), rand.Uint64())
		}
	}
}

// Stats says what the store has written since it was opened.
type Stats struct {
	Transactions int64 // committed
	Changes      int64 // calls of Accept
}

// Stats returns what the store has written.
func (s *Store) Stats() Stats {
	return Stats{Transactions: s.transactions.Load(), Changes: s.changes.Load()}
}
