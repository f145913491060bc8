package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/belfryhq/belfry/internal/config"
)

// listen takes an address; the error names the setting and the mend.
func listen(ctx context.Context, setting, flag string, addr config.Address) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", string(addr))
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s: %s is in use by another program; stop it, or choose another address with %s", setting, addr, flag)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s: this user may not listen at %s; choose a port from 1024 up with %s", setting, addr, flag)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("%s: this machine has no address %s; choose another with %s", setting, addr, flag)
	default:
		return nil, fmt.Errorf("%s: listen at %s: %w; choose another address with %s", setting, addr, err, flag)
	}
}
