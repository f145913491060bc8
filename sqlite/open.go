package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/belfryhq/belfry"
)

// A Store is a [belfry.Store] in one SQLite file. Make one with [Open].
type Store struct {
	path    string
	epoch   string
	lock    *lock // nil beside a running store
	writer  *writer
	readers *readers
	duties  duties
	close   func() error
}

var (
	_ belfry.Store        = (*Store)(nil)
	_ belfry.QueueCounter = (*Store)(nil)
)

// An Option changes how a store is opened.
type Option func(*options)

type options struct {
	readers  int
	maxBytes int64
}

// WithReaders sets how many answers may be read at the same time; the others wait. The default is 4: a read takes
// microseconds, and each reader costs a cache of up to 8 MiB.
func WithReaders(n int) Option { return func(o *options) { o.readers = max(n, 1) } }

// WithMaxBytes sets a quota: the file does not grow beyond it, and what does not fit is refused with [belfry.ErrFull].
// 0, the default, is no quota but the disk's. A quota below the file's present size stops its growth and no more.
func WithMaxBytes(n int64) Option { return func(o *options) { o.maxBytes = n } }

// How connections are set up. The write-ahead log lets readers go on while the writer writes; synchronous FULL syncs it
// at each commit. The log is cut back to journal_size_limit after a burst.
const (
	pageSize       = 4096
	pragmaBusy     = "busy_timeout(2000)"
	pragmaWAL      = "journal_mode(WAL)"
	pragmaFull     = "synchronous(FULL)"
	pragmaLimit    = "journal_size_limit(67108864)"
	pragmaTemp     = "temp_store(MEMORY)"
	pragmaReadOnly = "query_only(1)"
)

// pragmas returns those of a connection that writes. Whoever is not the owner leaves the file's journal as it is.
func pragmas(owner bool) []string {
	p := []string{pragmaBusy, pragmaFull, pragmaLimit, pragmaTemp}
	if owner {
		p = append(p, pragmaWAL)
	}
	return p
}

// Open opens the store in a file, and makes the file when there is none; its directory must exist. It refuses a file
// that another process has open, that is no database of Belfry's, or that a newer Belfry has changed; the error says
// what to do. An older file is brought up to date.
func Open(ctx context.Context, path string, opts ...Option) (_ *Store, err error) {
	o := options{readers: 4}
	for _, opt := range opts {
		opt(&o)
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	l, err := acquire(path)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	s, err := open(ctx, path, o, true)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, explain(err)), l.release())
	}
	s.lock = l
	return s, nil
}

// open opens the file; as its owner it also makes it and brings it up to date.
func open(ctx context.Context, path string, o options, owner bool) (_ *Store, err error) {
	flags := os.O_RDWR
	if owner {
		flags |= os.O_CREATE
	}
	if err := inspect(path, flags); err != nil {
		return nil, err
	}
	if err := migrate(ctx, path, owner); err != nil {
		return nil, err
	}
	w, err := connect(ctx, dsn(path, "rw", append(pragmas(owner), "cache_size(-16384)")...))
	if err != nil {
		return nil, err
	}
	s := &Store{path: path}
	t, err := prepareWriter(w, o, owner, &s.epoch)
	if err == nil {
		s.readers, err = openReaders(ctx, dsn(path, "rw", pragmaBusy, pragmaReadOnly, pragmaTemp, "cache_size(-8192)"), o.readers)
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	s.writer = newWriter(t)
	s.close = sync.OnceValue(func() error {
		s.writer.close()
		return errors.Join(s.readers.close(), w.close(), s.lock.release())
	})
	return s, nil
}

func prepareWriter(w *conn, o options, owner bool, epoch *string) (*tx, error) {
	if o.maxBytes > 0 {
		if err := w.query(func(row) error { return nil }, `PRAGMA max_page_count=`+strconv.FormatInt(max(o.maxBytes/pageSize, 1), 10)); err != nil {
			return nil, err
		}
	}
	if owner {
		restored, err := w.exec(`UPDATE meta SET epoch=? WHERE epoch=''`, fmt.Sprintf("%08x", rand.Uint32()))
		if err != nil {
			return nil, err
		}
		if restored > 0 {
			// What waited when a backup was made may have left since.
			if _, err := w.exec(`UPDATE deliveries INDEXED BY deliveries_due SET committed=1 WHERE state='queued'`); err != nil {
				return nil, err
			}
		}
		// The leases are those of processes that have ended: nobody is left to settle under them.
		if _, err := w.exec(`UPDATE deliveries INDEXED BY deliveries_due SET due=iif(due IS NULL, NULL, leased_at), leased_at=NULL
			WHERE state='queued' AND leased_at IS NOT NULL`); err != nil {
			return nil, err
		}
	}
	err := w.query(func(r row) error {
		*epoch = r.text(0)
		return nil
	}, `SELECT epoch FROM meta`)
	if err != nil {
		return nil, err
	}
	return newTx(w)
}

// magic begins every SQLite file.
const magic = "SQLite format 3\x00"

// inspect finds out what SQLite would say too late, or less clearly. An empty file will do for whoever may create one.
func inspect(path string, flags int) error {
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	head := make([]byte, len(magic))
	n, err := io.ReadFull(f, head)
	switch {
	case errors.Is(err, io.EOF) && flags&os.O_CREATE != 0: // new
		return nil
	case n < len(head) || string(head) != magic:
		return errNotOurs
	}
	return nil
}

var errNotOurs = errors.New("the file is not a Belfry database; name another file, or restore a backup")

// explain adds the mend to errors whose words do not tell it.
func explain(err error) error {
	code := resultCode(err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w; make its directory, or name another file", err)
	case errors.Is(err, fs.ErrPermission), code&0xff == sqlite3.SQLITE_READONLY, code&0xff == sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("%w; the file and its directory must be writable", err)
	case code&0xff == sqlite3.SQLITE_CORRUPT, code&0xff == sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w; the file is damaged: restore a backup", err)
	case isFull(err):
		return fmt.Errorf("%w; the disk is full: free space", err)
	}
	return err
}

// Epoch implements [belfry.Store].
func (s *Store) Epoch() string { return s.epoch }

// Ping implements [belfry.Store].
func (s *Store) Ping(ctx context.Context) error {
	return failure("ping", s.readers.one(ctx, func(c *conn) error {
		_, err := c.number(`SELECT 1 FROM meta`)
		return err
	}))
}

// Close implements [belfry.Store].
func (s *Store) Close() error { return s.close() }

// Stats says what the writer has done since the store was opened.
type Stats struct {
	Transactions int64 // committed; each was one sync
	Changes      int64 // calls that changed something, or could have: as many as Transactions when nobody ever waited
}

// Stats returns what the writer has done.
func (s *Store) Stats() Stats {
	return Stats{Transactions: s.writer.batches.Load(), Changes: s.writer.committed.Load()}
}
