/*
 * floor: the least that sending an event stream can cost. One thread, epoll, and for each message one write() to each
 * stream; nothing is authenticated, ordered, kept or encoded. GET /s/… opens a stream, POST /p/… sends its body to all.
 *
 *   floor [PORT]        at 127.0.0.1; without a port, at a free one. It says where.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_STREAMS = 1 << 17, ROOM = 1 << 17, EVENTS = 1024 };

static int streams[MOST_STREAMS];
static int open_streams;
static char request[ROOM], frame[ROOM];

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int listen_at(int port) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof at;
  int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) || bind(fd, (struct sockaddr *)&at, sizeof at) ||
      listen(fd, 4096) || getsockname(fd, (struct sockaddr *)&at, &length))
    die("floor: listen");
  printf("floor at http://127.0.0.1:%d\n", ntohs(at.sin_port));
  fflush(stdout);
  return fd;
}

static void watch(int epoll, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) die("floor: watch");
}

static void accept_all(int epoll, int listener) {
  int fd, on = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(epoll, fd);
  }
  if (errno != EAGAIN && errno != ECONNABORTED) die("floor: accept");
}

static void forget(int fd) {
  for (int i = 0; i < open_streams; i++)
    if (streams[i] == fd) {
      streams[i] = streams[--open_streams];
      break;
    }
  close(fd);
}

/* put writes all or nothing of consequence: a full buffer is a reader that a real server would have to wait for. */
static void put(int fd, const char *text, size_t length) {
  if (write(fd, text, length) < 0 && errno != EAGAIN && errno != EPIPE && errno != ECONNRESET) die("floor: write");
}

/* body waits for the whole of a message and returns where it begins. */
static char *body(int fd, ssize_t have) {
  for (;;) {
    char *begin = strstr(request, "\r\n\r\n"), *length = strcasestr(request, "\r\nContent-Length:");
    if (begin && length && request + have >= begin + 4 + atol(length + 17)) return begin + 4;
    struct pollfd more = {.fd = fd, .events = POLLIN};
    if (poll(&more, 1, 1000) != 1) return NULL;
    ssize_t n = read(fd, request + have, sizeof request - 1 - have);
    if (n <= 0) return NULL;
    request[have += n] = 0;
  }
}

static void serve(int fd) {
  static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n\r\n: open\n\n";
  static const char done[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  ssize_t n = read(fd, request, sizeof request - 1);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    forget(fd);
    return;
  }
  request[n] = 0;
  if (!strncmp(request, "GET /s", 6)) {
    if (open_streams == MOST_STREAMS) exit(1);
    streams[open_streams++] = fd;
    put(fd, head, sizeof head - 1);
    return;
  }
  char *message = body(fd, n);
  if (!message) {
    forget(fd);
    return;
  }
  int length = snprintf(frame, sizeof frame, "id: 1\ndata: %s\n\n", message);
  put(fd, done, sizeof done - 1);
  for (int i = 0; i < open_streams; i++) put(streams[i], frame, length);
}

int main(int argc, char **argv) {
  static struct epoll_event events[EVENTS];
  int listener = listen_at(argc > 1 ? atoi(argv[1]) : 0), epoll = epoll_create1(0);
  if (epoll < 0) die("floor: epoll");
  watch(epoll, listener);
  for (;;) {
    int n = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < n; i++)
      if (events[i].data.fd == listener)
        accept_all(epoll, listener);
      else
        serve(events[i].data.fd);
  }
}
