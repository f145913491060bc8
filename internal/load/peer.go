package load

import (
	"bytes"
	"fmt"
	"strconv"
)

// A Peer says how a kind of server is spoken to.
type Peer string

// The peers.
const (
	// Belfry is this product: each stream is a person, let in by a token.
	Belfry Peer = "belfry"
	// Plain is a server of topics without authentication: GET /s/TOPIC is a stream, POST /p/TOPIC sends its body as it is.
	// The reference servers in bench/ and nchan's example are such.
	Plain Peer = "plain"
)

// A letter is what is sent: a payload, for one stream or for everyone.
type letter struct {
	to      int // everyone
	payload []byte
}

// everyone stands where the number of a stream does.
const everyone = -1

const (
	sendPath   = "/api/v1/notifications/"
	bulkPath   = "/api/v1/notifications/bulk/"
	countsPath = "/api/v1/notifications/counts/"
	streamPath = "/api/v1/notifications/sse/stream/"
)

// stream is the path of a stream. Where topics are, all streams of a run that sends to everyone share the first.
func (p Peer) stream(number int, shared bool) string {
	switch {
	case p == Belfry:
		return streamPath
	case shared:
		return "/s/0"
	}
	return "/s/" + strconv.Itoa(number)
}

// post is the path and the body that send a letter. The body is made by hand: a load that spends its time in making JSON loads
// nobody but itself.
func (p Peer) post(who names, l letter) (path string, body []byte) {
	if p == Plain {
		return "/p/" + strconv.Itoa(max(l.to, 0)), l.payload
	}
	return sendPath, appendSend(nil, who, l)
}

// bulk is the path and the body that send several letters in one request.
func (p Peer) bulk(who names, letters []letter) (path string, body []byte) {
	body = append(body, `{"notifications":[`...)
	for i, l := range letters {
		if i > 0 {
			body = append(body, ',')
		}
		body = appendSend(body, who, l)
	}
	return bulkPath, append(body, "]}"...)
}

// can reports whether a server of this kind knows what a mode needs.
func (p Peer) can(m Mode) bool {
	switch m {
	case Bulk, Resume, Growth:
		return p == Belfry
	case Idle, Fanout, Burst, Unicast:
	}
	return true
}

func appendSend(b []byte, who names, l letter) []byte {
	if l.to == everyone {
		b = append(b, `{"to":{"all":true}`...)
	} else {
		b = append(append(append(b, `{"to":"`...), who.of(l.to)...), '"')
	}
	return append(append(append(b, `,"category":"bench","title":"t","data":`...), l.payload...), '}')
}

// names are the ids of a run's people: no two runs share any.
type names string

func (n names) of(number int) string { return string(n) + strconv.Itoa(number) }

// request is the head of a request for a stream.
func request(host, path, token, after string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n", path, host)
	if token != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", token)
	}
	if after != "" {
		fmt.Fprintf(&b, "Last-Event-ID: %s\r\n", after)
	}
	b.WriteString("\r\n")
	return b.Bytes()
}
