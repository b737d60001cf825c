// The floor on epoll: a TCP echo server as one writes it by hand in C, with nothing in it that echoing does not need.
// Edge-triggered, each socket registered once; the system call is tried first.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
  int fd;
  char* rest;  // what the kernel had no room for; reading waits meanwhile
  size_t rest_size;
};

static int epoll_fd;
static char buffer[16384];

static void fail(const char* what) {
  perror(what);
  exit(1);
}

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

static void serve(struct connection* c, unsigned events) {
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

static void accept_all(int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EAGAIN) return;
      fail("accept4");
    }
    struct connection* c = calloc(1, sizeof *c);
    if (c == NULL) fail("calloc");
    c->fd = fd;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  }
}

int main(void) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr*)&address, length) != 0) fail("bind");
  if (listen(listener, 4096) != 0) fail("listen");
  getsockname(listener, (struct sockaddr*)&address, &length);

  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = NULL};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event) != 0) fail("epoll_ctl");
  printf("listening %d\n", ntohs(address.sin_port));
  fflush(stdout);

  for (;;) {
    struct epoll_event events[256];
    int count = epoll_wait(epoll_fd, events, 256, -1);
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < count; ++i) {
      if (events[i].data.ptr == NULL) {
        accept_all(listener);
      } else {
        serve(events[i].data.ptr, events[i].events);
      }
    }
  }
}
