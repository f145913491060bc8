package plan

import "math"

// work returns how many cores all nodes together have busy, but for what they hear of each other.
func (c *calculation) work() float64 {
	send := "send"
	if c.one {
		send = "sqlite-send"
	}
	busy := c.sends * c.together(send) / 1e6 // with one delivery each
	busy += c.cores(max(0, c.deliveries-c.sends), "fanout")
	busy += c.cores(c.beats, "heartbeat") + c.cores(c.visits, "connect") + c.cores(c.visits, "list") + c.cores(c.mails, "mail")
	if !c.one {
		busy += c.cores(c.looks, "look")
	}
	return busy
}

// hearing returns how many cores of each node are busy with what is sent on the others.
func (c *calculation) hearing() float64 {
	if c.one {
		return 0
	}
	return c.sends * c.together("hear") / 1e6
}

// count returns how many nodes there are, with those to spare.
func (c *calculation) count() float64 {
	if c.one {
		return 1
	}
	nodes := max(1, up(c.streams/c.f.value("streams-per-node")))
	if room := c.usable("cores") - c.hearing(); room > 0 { // else no number is enough, and a limit says so
		nodes = max(nodes, up(c.work()/room))
	}
	return max(2, nodes+c.f.value("spare"))
}

// working is how many nodes there are when the spare ones are away.
func (c *calculation) working() float64 {
	if c.one {
		return 1
	}
	return max(1, c.nodes-c.f.value("spare"))
}

// How long clients wait before they come back, as the server tells them: internal/stream, retryAfter.
const (
	retryBase  = 2.0   // seconds
	retryEach  = 0.001 // for each stream of the node
	retryFloor = 1.0
	retryCap   = 300.0
)

// storm returns for how long those come back who were on one node, and how many in a second.
func (c *calculation) storm() (seconds, rate float64) {
	lost := c.streams / c.working()
	window := math.Min(math.Max(lost*retryEach, retryFloor), retryCap)
	return retryBase + window, lost / window
}

func (c *calculation) writeStreams() {
	const part = "streams"
	c.add(part, "streams", c.streams, "", "%s connected × %s each", number(c.Connected), number(c.Streams))
	memory := c.f.value("stream-memory") + c.f.value("socket-memory")
	c.add(part, "memory", c.streams*memory, "B", "× (%s in the process + %s in the kernel)", c.fig("stream-memory"), c.fig("socket-memory"))
	c.add(part, "heartbeats", c.beats, "/s", "streams / %s", c.Heartbeat)
	c.add(part, "pages opened", c.visits, "/s", "%s people × %s a day × peak %s", number(c.People), number(c.Visits), number(c.Peak))
	c.add(part, "sends", c.sends, "/s", "%s in the mean × peak %s", rate(c.PerSecond), number(c.Peak))
	c.add(part, "deliveries", c.deliveries, "/s", "sends × %s connected × %s streams", percent(c.Connected/c.People), number(c.Streams))
	if c.Broadcasts > 0 {
		took := c.cores(c.streams/c.working(), "fanout") / c.usable("cores")
		c.add(part, "a broadcast takes", took, "s", "%s streams of a node × %s, on %s cores", number(c.streams/c.working()), c.fig("fanout"), number(c.usable("cores")))
	}
}

func (c *calculation) writeNodes() {
	const part = "nodes"
	c.add(part, "cores busy, all nodes", c.work()+c.hearing()*c.nodes, "", "%s", c.workText())
	if !c.one {
		c.add(part, "of them hearing, each", c.hearing(), "", "%s sends × hear %s µs; every node hears all (ADR 0016)", number(c.sends), number(c.together("hear")))
		c.add(part, "nodes", c.nodes, "", "for %s streams and %s cores each, of which %s may be busy; %s", c.fig("streams-per-node"), number(c.f.value("cores")), number(c.usable("cores")), c.fig("spare"))
	}
	each := c.streams / c.working()
	memory := c.f.value("base-memory") + each*(c.f.value("stream-memory")+c.f.value("socket-memory"))
	c.add(part, "streams a node", each, "", "while the spare ones are away; LimitNOFILE above it; addresses of proxies before it: %s", number(max(1, up(each/c.f.value("ports")))))
	c.add(part, "memory a node", memory, "B", "%s + its streams", c.fig("base-memory"))
	seconds, rate := c.storm()
	busy := c.cores(rate, "connect")
	if !c.one {
		busy += c.cores(rate, "look")
	}
	c.add(part, "if a node dies", seconds, "s", "until its streams are back: %s in a second, %s cores", number(rate), number(busy))
}

func (c *calculation) workText() string {
	text := "sends × " + number(c.together("send")) + " µs"
	if c.one {
		text = "sends × " + number(c.together("sqlite-send")) + " µs"
	}
	text += " + more deliveries × " + c.fig("fanout") + " + heartbeats × " + c.fig("heartbeat") + " + pages × (" + c.fig("connect") + " + " + c.fig("list") + ")"
	if c.mails > 0 {
		text += " + mails × " + c.fig("mail")
	}
	if !c.one {
		text += " + looks × " + c.fig("look")
	}
	return text
}
