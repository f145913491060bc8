package conformance

func statusCases() []Case {
	return []Case{
		{Name: "status: of somebody without streams", Run: func(t *T) {
			p := t.stranger()
			o := p.get(statusPath).object("user_id", "is_connected", "connections", "last_update", "event_count", "connection_timeout", "heartbeat_interval")
			equal(t, "user_id", any(p.id), o["user_id"])
			equal(t, "is_connected", any(false), o["is_connected"])
			equal(t, "connections", "[]", bodyText(o["connections"]))
			for _, member := range []string{"event_count", "connection_timeout", "heartbeat_interval"} {
				if _, ok := o[member].(float64); !ok {
					t.Errorf("%s: want a number, got %v", member, o[member])
				}
			}
		}},
		{Name: "status: shows each stream", Run: func(t *T) {
			p := t.person()
			a := p.listen("", map[string]string{"User-Agent": "conformance/1 (one)"})
			b := p.listen("", map[string]string{"User-Agent": "conformance/1 (two)"})
			s := p.status()
			equal(t, "is_connected", true, s.IsConnected)
			equal(t, "connections", 2, len(s.Connections))
			agents := map[string]string{}
			for _, c := range s.Connections {
				agents[c.ID] = c.UserAgent
				equal(t, "cursor", a.first.ID, c.Cursor)
				equal(t, "lag", 0, c.Lag)
				if !isTime(c.OpenedAt) || c.Transport == "" || c.IP == "" {
					t.Errorf("connection: got %+v", c)
				}
			}
			equal(t, "user agent of the first", "conformance/1 (one)", agents[a.first.text("connection_id")])
			equal(t, "user agent of the second", "conformance/1 (two)", agents[b.first.text("connection_id")])
		}},
		{Name: "status: a connection has these members", Run: func(t *T) {
			p := t.person()
			p.listen("", nil)
			list, _ := p.get(statusPath).object()["connections"].([]any)
			for _, c := range list {
				o, _ := c.(obj)
				exactly(t, "a connection", o, "id", "opened_at", "transport", "cursor", "lag", "user_agent", "ip")
			}
		}},
		{Name: "status: follows what is given", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			before := p.status().EventCount
			p.send("A", nil)
			id := l.want("message").ID
			p.eventually("the event is counted", func() bool {
				s := p.status()
				return s.EventCount > before && s.LastUpdate != nil && isTime(*s.LastUpdate) && len(s.Connections) == 1 && s.Connections[0].Cursor == id
			})
		}},
		{Name: "status: a stream that ends is gone from it", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			p.closeStreams(nil)
			l.wantClose("closed")
			p.eventually("no stream is shown", func() bool { s := p.status(); return !s.IsConnected && len(s.Connections) == 0 })
		}},
		{Name: "status: says the heartbeat that streams are told", Run: func(t *T) {
			p := t.person()
			equal(t, "heartbeat_interval", p.status().HeartbeatInterval, float64(p.listen("", nil).first.number("heartbeat_interval")))
		}},
		{Name: "status: shows no other person's streams", Run: func(t *T) {
			p, q := t.person(), t.person()
			p.listen("", nil)
			equal(t, "is_connected", false, q.status().IsConnected)
		}},
	}
}
