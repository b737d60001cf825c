// The floor for HTTP servers on epoll: answers GET /plaintext and GET /json as one writes it by hand in C. It looks for
// the ends of heads and at the first letter of the path, and believes everything else. Edge-triggered, each socket
// registered once; all that has come is answered with one system call. The Date is made anew each second.

#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "epoll_server.h"

struct connection {
  int fd;
  size_t held;  // of a request that has come in part
  char part[4096];
};

static char input[65536];
static char output[262144];
static char date[64];
static time_t date_of;

static void drop(struct connection* c) {
  close(c->fd);
  free(c);
}

static size_t answer(char* to, const char* request) {
  static const char text[] = "Hello, World!";
  static const char json[] = "{\"message\":\"Hello, World!\"}";
  const int is_json = request[5] == 'j';
  char* at = to;
  static const char line[] = "HTTP/1.1 200 OK\r\n";
  memcpy(at, line, sizeof line - 1);
  at += sizeof line - 1;
  const size_t date_size = strlen(date);
  memcpy(at, date, date_size);
  at += date_size;
  static const char text_head[] = "content-type: text/plain; charset=utf-8\r\ncontent-length: 13\r\n\r\n";
  static const char json_head[] = "content-type: application/json\r\ncontent-length: 27\r\n\r\n";
  if (is_json) {
    memcpy(at, json_head, sizeof json_head - 1);
    at += sizeof json_head - 1;
    memcpy(at, json, sizeof json - 1);
    at += sizeof json - 1;
  } else {
    memcpy(at, text_head, sizeof text_head - 1);
    at += sizeof text_head - 1;
    memcpy(at, text, sizeof text - 1);
    at += sizeof text - 1;
  }
  return (size_t)(at - to);
}

// 0 if the connection is lost.
static int serve_input(struct connection* c, size_t size) {
  char* at = input;
  char* const end = input + size;
  size_t out = 0;
  for (;;) {
    char* const head_end = memmem(at, (size_t)(end - at), "\r\n\r\n", 4);
    if (head_end == NULL) break;
    out += answer(output + out, at);
    at = head_end + 4;
    if (out > sizeof output - 512) return 0;
  }
  c->held = (size_t)(end - at);
  if (c->held > sizeof c->part) return 0;
  memcpy(c->part, at, c->held);
  return out == 0 || send(c->fd, output, out, MSG_NOSIGNAL) == (ssize_t)out;
}

static void serve(void* connection, uint32_t events) {
  struct connection* c = connection;
  for (;;) {
    memcpy(input, c->part, c->held);
    const size_t room = sizeof input - c->held;
    ssize_t n = recv(c->fd, input + c->held, room, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0 || !serve_input(c, c->held + (size_t)n)) {
      drop(c);
      return;
    }
    if ((size_t)n < room && (events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) == 0) return;
  }
}

static void look_at_clock(void) {
  const time_t now = time(NULL);
  if (now == date_of) return;
  date_of = now;
  struct tm parts;
  strftime(date, sizeof date, "date: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime_r(&now, &parts));
}

static void* accepted(int fd) {
  struct connection* c = malloc(sizeof *c);
  if (c == NULL) return NULL;
  c->fd = fd;
  c->held = 0;
  return c;
}

int main(void) {
  static const struct epoll_server server = {
      .events = EPOLLIN | EPOLLRDHUP, .accepted = accepted, .serve = serve, .begin_round = look_at_clock};
  run_epoll_server(&server);
}
