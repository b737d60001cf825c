// The floor of a PostgreSQL client: the protocol as one writes it by hand in C for these few statements, on a blocking
// socket, with nothing in it that they do not need. `postgres_wire WORK COUNT`, where PG... says, prints the seconds
// that COUNT took.

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int server;

static void die(const char* what) {
  fprintf(stderr, "postgres_wire: %s\n", what);
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

// ---- what goes out --------------------------------------------------------------------------------------------------

static char out[1 << 17];
static char* out_end = out;

static void flush(void) {
  for (const char* from = out; from != out_end;) {
    const ssize_t n = send(server, from, (size_t)(out_end - from), MSG_NOSIGNAL);
    if (n < 0) die("send");
    from += n;
  }
  out_end = out;
}

static void put(uint64_t value, int bytes) {
  for (int i = bytes; i-- > 0;) *out_end++ = (char)(value >> (8 * i));
}

static void put_text(const char* text) {
  const size_t size = strlen(text) + 1;
  memcpy(out_end, text, size);
  out_end += size;
}

// Begins a message of that type; end_message() fills in its length.
static char* begin_message(char type) {
  *out_end++ = type;
  out_end += 4;
  return out_end - 4;
}

static void end_message(char* length) {
  const uint32_t wire = htonl((uint32_t)(out_end - length));
  memcpy(length, &wire, 4);
}

static void put_parse(const char* name, const char* statement, int parameters) {
  char* length = begin_message('P');
  put_text(name);
  put_text(statement);
  put((uint64_t)parameters, 2);
  for (int i = 0; i < parameters; ++i) put(23, 4);
  end_message(length);
}

// With one integer, or without parameters; binary results. Executes it as well.
static void put_bind(const char* name, const int* key) {
  char* length = begin_message('B');
  put_text("");
  put_text(name);
  put(1, 2);
  put(1, 2);
  put(key != NULL, 2);
  if (key != NULL) {
    put(4, 4);
    put((uint64_t)*key, 4);
  }
  put(1, 2);
  put(1, 2);
  end_message(length);
  length = begin_message('E');
  put_text("");
  put(0, 4);
  end_message(length);
}

static void put_sync(void) { end_message(begin_message('S')); }

// ---- what comes in --------------------------------------------------------------------------------------------------

static char in[1 << 16];
static char *in_begin = in, *in_end = in;

static void need(size_t bytes) {
  if ((size_t)(in_end - in_begin) >= bytes) return;
  memmove(in, in_begin, (size_t)(in_end - in_begin));
  in_end -= in_begin - in;
  in_begin = in;
  while ((size_t)(in_end - in_begin) < bytes) {
    if (bytes > sizeof in) die("a message is too long");
    const ssize_t n = recv(server, in_end, sizeof in - (size_t)(in_end - in), 0);
    if (n <= 0) die("the server has gone");
    in_end += n;
  }
}

static uint32_t be32(const char* from) {
  uint32_t wire;
  memcpy(&wire, from, 4);
  return ntohl(wire);
}

static uint64_t be64(const char* from) {
  uint64_t wire;
  memcpy(&wire, from, 8);
  return __builtin_bswap64(wire);
}

// The type of the next message; *body is valid until the next call.
static char next_message(const char** body) {
  need(5);
  const size_t length = be32(in_begin + 1);
  need(length + 1);
  const char type = *in_begin;
  *body = in_begin + 5;
  in_begin += length + 1;
  if (type == 'E') die("the server reports an error");
  return type;
}

static void read_until(char type) {
  const char* body;
  while (next_message(&body) != type) {
  }
}

// ---- work -----------------------------------------------------------------------------------------------------------

static void query(const char* text) {
  char* length = begin_message('Q');
  put_text(text);
  end_message(length);
  flush();
}

static void prepare(void) {
  put_parse("by_key", "select id, name, score from bench_rows where id = $1", 1);
  put_sync();
  flush();
  read_until('Z');
}

static void expect_key(int key) {
  const char* body;
  while (next_message(&body) != 'D') {
  }
  if (be32(body + 6) != (uint32_t)key) die("the wrong row");
}

static void by_key(int count) {
  prepare();
  for (int i = 0; i < count; ++i) {
    const int key = i % 1000;
    put_bind("by_key", &key);
    put_sync();
    flush();
    expect_key(key);
    read_until('Z');
  }
}

static void pipeline(int count) {
  prepare();
  for (int done = 0; done < count; done += 1000) {
    for (int i = 0; i < 1000; ++i) {
      put_bind("by_key", &i);
      put_sync();
    }
    flush();
    for (int i = 0; i < 1000; ++i) {
      expect_key(i);
      read_until('Z');
    }
  }
}

struct row {
  int id;
  char* name;
  double score;
  int64_t at;
};

static struct row take(const char* body) {
  struct row made;
  made.id = (int)be32(body + 6);
  const size_t length = be32(body + 10);
  made.name = malloc(length + 1);
  memcpy(made.name, body + 14, length);
  made.name[length] = '\0';
  const uint64_t bits = be64(body + 14 + length + 4);
  memcpy(&made.score, &bits, 8);
  made.at = (int64_t)be64(body + 14 + length + 16);
  return made;
}

static void rows(int count) {
  char text[128];
  snprintf(text, sizeof text, "select id, name, score, at from bench_rows limit %d", count);
  put_parse("", text, 0);
  put_bind("", NULL);
  put_sync();
  flush();
  long long sum = 0;
  int seen = 0;
  const char* body;
  for (char type = '\0'; type != 'Z';) {
    type = next_message(&body);
    if (type != 'D') continue;
    const struct row one = take(body);
    sum += one.id + (one.name[0] == 'r');
    free(one.name);
    ++seen;
  }
  if (seen != count || sum == 0) exit(2);
}

static void copy(int count) {
  query("truncate bench_copy");
  read_until('Z');
  query("copy bench_copy (id, name, score, at) from stdin (format binary)");
  read_until('G');
  char* length = begin_message('d');
  memcpy(out_end, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
  out_end += 19;
  for (int i = 0; i < count; ++i) {
    if (out_end - out > 1 << 16) {
      end_message(length);
      flush();
      length = begin_message('d');
    }
    const double score = i * 0.5;
    uint64_t bits;
    memcpy(&bits, &score, 8);
    put(4, 2);
    put(4, 4);
    put((uint64_t)i, 4);
    char name[32];
    const int size = snprintf(name, sizeof name, "row %d", i);
    put((uint64_t)size, 4);
    memcpy(out_end, name, (size_t)size);
    out_end += size;
    put(8, 4);
    put(bits, 8);
    put(8, 4);
    put((uint64_t)i * 1000000, 8);
  }
  put(0xffff, 2);
  end_message(length);
  end_message(begin_message('c'));
  flush();
  read_until('Z');
}

static void log_in(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.%s", getenv("PGHOST"), getenv("PGPORT"));
  server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(server, (struct sockaddr*)&address, sizeof address) != 0) die("connect: PGHOST must be a directory");
  char* length = out_end;
  out_end += 4;
  put(3 << 16, 4);
  put_text("user");
  put_text(getenv("PGUSER"));
  put_text("database");
  put_text(getenv("PGDATABASE"));
  put_text("");
  end_message(length);
  flush();
  read_until('Z');  // the server trusts whoever can reach the socket
}

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  log_in();
  const int count = atoi(argv[2]);
  const double begin = now();
  if (!strcmp(argv[1], "by_key")) by_key(count);
  if (!strcmp(argv[1], "pipeline")) pipeline(count);
  if (!strcmp(argv[1], "rows")) rows(count);
  if (!strcmp(argv[1], "copy")) copy(count);
  printf("%f\n", now() - begin);
  return 0;
}
