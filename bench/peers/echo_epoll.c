// The floor on epoll: a TCP echo server as one writes it by hand in C, with nothing in it that echoing does not need.
// Edge-triggered, each socket registered once; the system call is tried first.

#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "epoll_server.h"

struct connection {
  int fd;
  char* rest;  // what the kernel had no room for; reading waits meanwhile
  size_t rest_size;
};

static char buffer[16384];

static void drop(struct connection* c) {
  close(c->fd);
  free(c->rest);
  free(c);
}

// Sends all of it or keeps the rest; 0 if the connection is lost.
static int echo(struct connection* c, const char* text, size_t size) {
  while (size > 0) {
    ssize_t n = send(c->fd, text, size, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return 0;
      char* rest = malloc(size);
      if (rest == NULL) return 0;
      memcpy(rest, text, size);
      free(c->rest);
      c->rest = rest;
      c->rest_size = size;
      return 1;
    }
    text += n;
    size -= (size_t)n;
  }
  free(c->rest);
  c->rest = NULL;
  c->rest_size = 0;
  return 1;
}

static void serve(void* connection, uint32_t events) {
  struct connection* c = connection;
  if (c->rest != NULL && ((events & EPOLLOUT) == 0 || !echo(c, c->rest, c->rest_size))) {
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) drop(c);
    return;
  }
  while (c->rest == NULL) {
    ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0 || !echo(c, buffer, (size_t)n)) {
      drop(c);
      return;
    }
    // Less than there was room for: that was all, unless the end has come with it.
    if ((size_t)n < sizeof buffer && (events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) == 0) return;
  }
}

static void* accepted(int fd) {
  struct connection* c = calloc(1, sizeof *c);
  if (c != NULL) c->fd = fd;
  return c;
}

int main(void) {
  static const struct epoll_server server = {
      .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP, .accepted = accepted, .serve = serve};
  run_epoll_server(&server);
}
