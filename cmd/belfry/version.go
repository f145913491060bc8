package main

import "runtime/debug"

type versionCmd struct {
	JSON bool `help:"Answer in JSON."`
}

// A build says what this program was made of.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Time     string `json:"time,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
}

// readBuild reads what the Go toolchain recorded.
func readBuild() build {
	b := build{Version: "dev"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Go = info.GoVersion
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// Run prints the version.
func (c *versionCmd) Run(p *program) error {
	b := readBuild()
	if c.JSON {
		return p.printJSON(b)
	}
	p.printf("belfry %s", b.Version)
	if b.Revision != "" {
		p.printf(" (%.12s, %s", b.Revision, b.Time)
		if b.Modified {
			p.printf(", modified")
		}
		p.printf(")")
	}
	p.printf(" %s\n", b.Go)
	return nil
}
