// What libpq does by itself: `postgres_libpq WORK COUNT`, where PG... says, prints the seconds that COUNT took.
#include <arpa/inet.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void die(PGconn* db) {
  fprintf(stderr, "%s", PQerrorMessage(db));
  exit(1);
}

static void prepare(PGconn* db) {
  const Oid types[] = {23};
  PGresult* r = PQprepare(db, "by_key", "select id, name, score from bench_rows where id = $1", 1, types);
  if (PQresultStatus(r) != PGRES_COMMAND_OK) die(db);
  PQclear(r);
}

static int send_by_key(PGconn* db, int key) {
  const uint32_t wire = htonl((uint32_t)key);
  const char* values[] = {(const char*)&wire};
  const int lengths[] = {4};
  const int formats[] = {1};
  return PQsendQueryPrepared(db, "by_key", 1, values, lengths, formats, 1);
}

struct found {
  int id;
  char* name;
  double score;
};

static uint64_t be64(const char* from) {
  uint64_t wire;
  memcpy(&wire, from, 8);
  return __builtin_bswap64(wire);
}

// The row's struct, as the others have it; gives its key.
static int key_of(const PGresult* r) {
  struct found made;
  uint32_t wire;
  memcpy(&wire, PQgetvalue(r, 0, 0), 4);
  made.id = (int)ntohl(wire);
  made.name = strdup(PQgetvalue(r, 0, 1));
  const uint64_t bits = be64(PQgetvalue(r, 0, 2));
  memcpy(&made.score, &bits, 8);
  const int key = made.name[0] == 'r' && made.score >= 0 ? made.id : -1;
  free(made.name);
  return key;
}

static void by_key(PGconn* db, int count) {
  prepare(db);
  for (int i = 0; i < count; ++i) {
    if (!send_by_key(db, i % 1000)) die(db);
    PGresult* r = PQgetResult(db);
    if (PQresultStatus(r) != PGRES_TUPLES_OK || key_of(r) != i % 1000) die(db);
    PQclear(r);
    while ((r = PQgetResult(db))) PQclear(r);
  }
}

static void wait_for(PGconn* db, short events) {
  struct pollfd p = {PQsocket(db), events, 0};
  poll(&p, 1, -1);
  if ((p.revents & POLLIN) && !PQconsumeInput(db)) die(db);
}

// 1,000 at a time, each with its own sync.
static void pipeline(PGconn* db, int count) {
  prepare(db);
  PQsetnonblocking(db, 1);
  if (!PQenterPipelineMode(db)) die(db);
  for (int done = 0; done < count; done += 1000) {
    for (int i = 0; i < 1000; ++i) {
      if (!send_by_key(db, i) || !PQpipelineSync(db)) die(db);
    }
    int left = PQflush(db);
    for (int got = 0, synced = 0; synced < 1000;) {
      while (PQisBusy(db) || left > 0) {
        if (left > 0) left = PQflush(db);
        if (!PQisBusy(db)) break;
        wait_for(db, (short)(left > 0 ? POLLIN | POLLOUT : POLLIN));
      }
      PGresult* r = PQgetResult(db);
      if (!r) continue;
      if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
        ++synced;
      } else if (PQresultStatus(r) != PGRES_TUPLES_OK || key_of(r) != got++) {
        die(db);
      }
      PQclear(r);
    }
  }
}

struct row {
  int id;
  char* name;
  double score;
  int64_t at;
};

static struct row take(const PGresult* r, int i) {
  struct row made;
  uint32_t id;
  memcpy(&id, PQgetvalue(r, i, 0), 4);
  made.id = (int)ntohl(id);
  const int length = PQgetlength(r, i, 1);
  made.name = malloc((size_t)length + 1);
  memcpy(made.name, PQgetvalue(r, i, 1), (size_t)length + 1);
  const uint64_t bits = be64(PQgetvalue(r, i, 2));
  memcpy(&made.score, &bits, 8);
  made.at = (int64_t)be64(PQgetvalue(r, i, 3));
  return made;
}

static void rows(PGconn* db, int count) {
  char text[128];
  snprintf(text, sizeof text, "select id, name, score, at from bench_rows limit %d", count);
  if (!PQsendQueryParams(db, text, 0, NULL, NULL, NULL, NULL, 1) || !PQsetSingleRowMode(db)) die(db);
  long long sum = 0;
  int seen = 0;
  PGresult* r;
  while ((r = PQgetResult(db))) {
    if (PQresultStatus(r) == PGRES_SINGLE_TUPLE) {
      const struct row one = take(r, 0);
      sum += one.id + (one.name[0] == 'r');
      free(one.name);
      ++seen;
    } else if (PQresultStatus(r) != PGRES_TUPLES_OK) {
      die(db);
    }
    PQclear(r);
  }
  if (seen != count || sum == 0) exit(2);
}

static void put(char** to, uint64_t value, int bytes) {
  for (int i = bytes; i-- > 0;) *(*to)++ = (char)(value >> (8 * i));
}

static void copy(PGconn* db, int count) {
  PQclear(PQexec(db, "truncate bench_copy"));
  PGresult* r = PQexec(db, "copy bench_copy (id, name, score, at) from stdin (format binary)");
  if (PQresultStatus(r) != PGRES_COPY_IN) die(db);
  PQclear(r);
  static char buffer[1 << 16];
  char* to = buffer;
  memcpy(to, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
  to += 19;
  for (int i = 0; i < count; ++i) {
    if (buffer + sizeof buffer - to < 256) {
      if (PQputCopyData(db, buffer, (int)(to - buffer)) != 1) die(db);
      to = buffer;
    }
    const double score = i * 0.5;
    uint64_t bits;
    memcpy(&bits, &score, 8);
    put(&to, 4, 2);
    put(&to, 4, 4);
    put(&to, (uint64_t)i, 4);
    char name[32];
    const int length = snprintf(name, sizeof name, "row %d", i);
    put(&to, (uint64_t)length, 4);
    memcpy(to, name, (size_t)length);
    to += length;
    put(&to, 8, 4);
    put(&to, bits, 8);
    put(&to, 8, 4);
    put(&to, (uint64_t)i * 1000000, 8);
  }
  put(&to, 0xffff, 2);
  if (PQputCopyData(db, buffer, (int)(to - buffer)) != 1 || PQputCopyEnd(db, NULL) != 1) die(db);
  while ((r = PQgetResult(db))) {
    if (PQresultStatus(r) != PGRES_COMMAND_OK) die(db);
    PQclear(r);
  }
}

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  PGconn* db = PQconnectdb("");
  if (PQstatus(db) != CONNECTION_OK) die(db);
  const int count = atoi(argv[2]);
  const double begin = now();
  if (!strcmp(argv[1], "by_key")) by_key(db, count);
  if (!strcmp(argv[1], "pipeline")) pipeline(db, count);
  if (!strcmp(argv[1], "rows")) rows(db, count);
  if (!strcmp(argv[1], "copy")) copy(db, count);
  printf("%f\n", now() - begin);
  PQfinish(db);
  return 0;
}
