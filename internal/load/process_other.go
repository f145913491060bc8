//go:build !linux

package load

import "net/url"

// serverOf finds nothing: only Linux tells what another process uses.
func serverOf(*url.URL) processes { return nil }

func (p processes) use() usage { return usage{} }
