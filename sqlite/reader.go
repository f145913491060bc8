package sqlite

import (
	"context"
	"errors"
)

// readers are connections that may only read. Each is one goroutine's at a time.
type readers struct {
	free   chan *conn
	closed chan struct{}
	n      int
}

func openReaders(ctx context.Context, dsn string, n int) (*readers, error) {
	r := &readers{free: make(chan *conn, n), closed: make(chan struct{})}
	for range n {
		c, err := connect(ctx, dsn)
		if err != nil {
			return nil, errors.Join(err, r.close())
		}
		r.free <- c
		r.n++
	}
	return r, nil
}

// close waits for those who read. It is called once.
func (r *readers) close() error {
	close(r.closed)
	var errs []error
	for range r.n {
		errs = append(errs, (<-r.free).close())
	}
	return errors.Join(errs...)
}

// one runs a read of a single statement, which is a snapshot by itself.
func (r *readers) one(ctx context.Context, read func(*conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-r.closed: // looked at first: close may be waiting for this very connection
		return errClosed
	default:
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-r.closed:
		return errClosed
	case c := <-r.free:
		defer func() { r.free <- c }()
		return read(c)
	}
}

// read runs read in one read transaction, so that all it sees is of one moment.
func (r *readers) read(ctx context.Context, read func(*conn) error) error {
	return r.one(ctx, func(c *conn) error { return c.snapshot(func() error { return read(c) }) })
}

// snapshot runs read in a read transaction.
func (c *conn) snapshot(read func() error) (err error) {
	if _, err := c.exec(`BEGIN`); err != nil {
		return err
	}
	defer func() { // also after a panic, so that the connection stays usable
		if _, e := c.exec(`ROLLBACK`); err == nil {
			err = e
		}
	}()
	return read()
}
