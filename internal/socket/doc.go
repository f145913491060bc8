// Package socket is what Belfry does alike with every socket that it took from net/http, by its descriptor.
package socket
