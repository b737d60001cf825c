// How fast JSON is read into structs and written out of them, beside Boost.JSON's parse and convert and simdjson's
// on-demand interface used by hand. Counts what is allocated for each document.

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weft/describe.hpp>

namespace {

std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace shop {

struct address {
  std::string street, city, zip, country;
};
struct customer {
  int id;
  std::string name, email;
  address home;
};
struct item {
  std::string sku, title;
  int quantity;
  double price;
  std::vector<std::string> tags;
};
struct event {
  std::string state;
  long long at;
};
struct order {
  long long id;
  std::string number, created;
  bool paid;
  double total;
  std::string currency;
  std::optional<std::string> note;
  customer buyer;
  std::vector<item> items;
  std::vector<event> history;
  std::map<std::string, std::string> attributes;
};

WEFT_DESCRIBE(address, street, city, zip, country)
WEFT_DESCRIBE(customer, id, name, email, home)
WEFT_DESCRIBE(item, sku, title, quantity, price, tags)
WEFT_DESCRIBE(event, state, at)
WEFT_DESCRIBE(order, id, number, created, paid, total, currency, note, buyer, items, history, attributes)

BOOST_DESCRIBE_STRUCT(address, (), (street, city, zip, country))
BOOST_DESCRIBE_STRUCT(customer, (), (id, name, email, home))
BOOST_DESCRIBE_STRUCT(item, (), (sku, title, quantity, price, tags))
BOOST_DESCRIBE_STRUCT(event, (), (state, at))
BOOST_DESCRIBE_STRUCT(order, (), (id, number, created, paid, total, currency, note, buyer, items, history, attributes))

// The same with what a service asks of it.
struct checked_item : item {};
struct checked_order : order {
  std::vector<checked_item> checked_items;
};
WEFT_DESCRIBE(checked_item, (sku, min_length(1), max_length(20)), (title, max_length(200)), (quantity, ge(1), le(1000)),
              (price, ge(0)), (tags, max_length(10), each(min_length(1))))
WEFT_DESCRIBE(checked_order, (id, ge(1)), (number, min_length(1)), created, paid, (total, ge(0)),
              (currency, one_of("EUR", "USD")), note, buyer, (checked_items, named("items")), history, attributes)

}  // namespace shop

// Documents of other shapes.
namespace shapes {

struct signup {
  std::string name, email;
  int age;
  bool news;
  std::optional<std::string> from;
};
WEFT_DESCRIBE(signup, name, email, age, news, from)
BOOST_DESCRIBE_STRUCT(signup, (), (name, email, age, news, from))

struct folder {
  std::string name;
  std::vector<folder> folders;
};
WEFT_DESCRIBE(folder, name, folders)
BOOST_DESCRIBE_STRUCT(folder, (), (name, folders))

struct reading {
  long long at;
  double x, y, z;
};
WEFT_DESCRIBE(reading, at, x, y, z)
BOOST_DESCRIBE_STRUCT(reading, (), (at, x, y, z))

}  // namespace shapes

namespace {

using shop::order;

const std::string document =
    R"J({"id":123456789,"number":"2026-000123","created":"2026-11-21T07:57:56.123Z","paid":true,"total":1234.56,)J"
    R"J("currency":"EUR","note":null,"buyer":{"id":42,"name":"Ada Lovelace","email":"ada@example.org","home":)J"
    R"J({"street":"12 St James's Square","city":"London","zip":"SW1Y 4JH","country":"GB"}},"items":[)J"
    R"J({"sku":"A-1001","title":"Analytical engine, model \"B\"","quantity":1,"price":999.99,)J"
    R"J("tags":["brass","steam","large"]},{"sku":"A-1002","title":"Punched cards (box of 500)","quantity":12,)J"
    R"J("price":15.25,"tags":["paper"]},{"sku":"A-1003","title":"Oil can","quantity":3,"price":17.1,"tags":[]}],)J"
    R"J("history":[{"state":"created","at":1763711876},{"state":"paid","at":1763711999},)J"
    R"J({"state":"shipped","at":1763812345}],"attributes":{"channel":"web","gift":"no","language":"en"}})J";

template <class Work>
void measure(benchmark::State& state, Work work, const std::string& of = document) {
  work();
  const std::size_t before = allocations;
  for (auto _ : state) work();
  state.counters["allocations"] =
      benchmark::Counter(static_cast<double>(allocations - before), benchmark::Counter::kAvgIterations);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(of.size()));
}

void read_weft(benchmark::State& state) {
  measure(state, [] { benchmark::DoNotOptimize(weft::from_json<order>(document)); });
}
BENCHMARK(read_weft)->Name("read_weft/order");

void read_weft_checked(benchmark::State& state) {
  measure(state, [] { benchmark::DoNotOptimize(weft::from_json<shop::checked_order>(document)); });
}
BENCHMARK(read_weft_checked);

void read_boost(benchmark::State& state) {
  measure(state, [] { benchmark::DoNotOptimize(boost::json::value_to<order>(boost::json::parse(document))); });
}
BENCHMARK(read_boost)->Name("read_boost/order");

// By hand, as its documentation shows it, members looked for in the order in which they come.
namespace on_demand {

using simdjson::ondemand::object;

void get(std::string& into, simdjson::simdjson_result<simdjson::ondemand::value> value) {
  into = std::string_view{value.get_string()};
}

order read(simdjson::ondemand::parser& parser, const simdjson::padded_string_view& text) {
  order read{};
  simdjson::ondemand::document parsed = parser.iterate(text);
  object root = parsed.get_object();
  read.id = root["id"].get_int64();
  get(read.number, root["number"]);
  get(read.created, root["created"]);
  read.paid = root["paid"].get_bool();
  read.total = root["total"].get_double();
  get(read.currency, root["currency"]);
  simdjson::ondemand::value note = root["note"];
  if (!note.is_null()) read.note.emplace(std::string_view{note.get_string()});
  object buyer = root["buyer"].get_object();
  read.buyer.id = static_cast<int>(std::int64_t{buyer["id"].get_int64()});
  get(read.buyer.name, buyer["name"]);
  get(read.buyer.email, buyer["email"]);
  object home = buyer["home"].get_object();
  get(read.buyer.home.street, home["street"]);
  get(read.buyer.home.city, home["city"]);
  get(read.buyer.home.zip, home["zip"]);
  get(read.buyer.home.country, home["country"]);
  for (object one : root["items"].get_array()) {
    shop::item& item = read.items.emplace_back();
    get(item.sku, one["sku"]);
    get(item.title, one["title"]);
    item.quantity = static_cast<int>(std::int64_t{one["quantity"].get_int64()});
    item.price = one["price"].get_double();
    for (auto tag : one["tags"].get_array()) item.tags.emplace_back(std::string_view{tag.get_string()});
  }
  for (object one : root["history"].get_array()) {
    shop::event& event = read.history.emplace_back();
    get(event.state, one["state"]);
    event.at = one["at"].get_int64();
  }
  for (auto member : root["attributes"].get_object())
    read.attributes.try_emplace(std::string{std::string_view{member.unescaped_key()}},
                                std::string_view{member.value().get_string()});
  return read;
}

}  // namespace on_demand

void read_simdjson(benchmark::State& state) {
  simdjson::ondemand::parser parser;
  std::string padded;
  measure(state, [&] {
    padded.reserve(document.size() + simdjson::SIMDJSON_PADDING);
    padded.assign(document);
    benchmark::DoNotOptimize(
        on_demand::read(parser, simdjson::padded_string_view{padded.data(), padded.size(), padded.capacity()}));
  });
}
BENCHMARK(read_simdjson);

void write_weft(benchmark::State& state) {
  const auto value = weft::from_json<order>(document);
  measure(state, [&] { benchmark::DoNotOptimize(weft::to_json(value)); });
}
BENCHMARK(write_weft)->Name("write_weft/order");

void write_boost(benchmark::State& state) {
  const auto value = weft::from_json<order>(document);
  measure(state, [&] { benchmark::DoNotOptimize(boost::json::serialize(boost::json::value_from(value))); });
}
BENCHMARK(write_boost)->Name("write_boost/order");

// One error in the last member: what refusing costs, without and with the exception.
void read_weft_refusing(benchmark::State& state) {
  const std::string wrong = document.substr(0, document.size() - 6) + "7}}";
  measure(state, [&] {
    order value{};
    benchmark::DoNotOptimize(weft::read_json(wrong, value));
  });
}
BENCHMARK(read_weft_refusing);

// ---- other shapes ---------------------------------------------------------------------------------------------------

shapes::folder folders(int depth) {
  shapes::folder made{.name = "folder " + std::to_string(depth), .folders = {}};
  if (depth > 0) made.folders.assign(3, folders(depth - 1));
  return made;
}

std::vector<shapes::reading> readings() {
  std::vector<shapes::reading> made;
  for (int i = 0; i < 500; ++i) {
    const double t = i;
    made.push_back({.at = 1'763'711'876'000 + i, .x = t / 3, .y = t * 0.01, .z = -t * t / 7e5});
  }
  return made;
}

std::vector<std::string> escaped_texts() {
  constexpr int count = 100;
  std::vector<std::string> made;
  made.reserve(count);
  for (int i = 0; i < count; ++i)
    made.push_back("line " + std::to_string(i) +
                   ": \"quoted\"\n\tgr\xc3\xbc\xc3\x9f"
                   "e \xe2\x82\xac \\ and more plain text behind");
  return made;
}

std::vector<long long> integers() {
  constexpr long long count = 10'000;
  std::vector<long long> made;
  made.reserve(count);
  for (long long i = 0; i < count; ++i) made.push_back(i * i * 7919 % 1'000'003);
  return made;
}

template <class T>
void compare(const std::string& shape, const T& value) {
  // Boost.JSON writes an exponent with each real; both read what has none.
  static const std::string text = weft::to_json(value);
  static const T same = value;
  const auto add = [&](const char* what, auto work) {
    benchmark::RegisterBenchmark((what + shape).c_str(),
                                 [work](benchmark::State& state) { measure(state, work, text); });
  };
  add("read_weft/", [] { benchmark::DoNotOptimize(weft::from_json<T>(text)); });
  add("read_boost/", [] { benchmark::DoNotOptimize(boost::json::value_to<T>(boost::json::parse(text))); });
  // As its documentation advises for what is parsed and dropped.
  add("read_boost_monotonic/", [] {
    boost::json::monotonic_resource memory;
    benchmark::DoNotOptimize(boost::json::value_to<T>(boost::json::parse(text, &memory)));
  });
  add("write_weft/", [] { benchmark::DoNotOptimize(weft::to_json(same)); });
  add("write_boost/", [] { benchmark::DoNotOptimize(boost::json::serialize(boost::json::value_from(same))); });
}

const int shapes_added = [] {
  compare("small", shapes::signup{"Ada Lovelace", "ada@example.org", 36, true, std::nullopt});
  compare("nested", folders(4));
  compare("reals", readings());
  compare("escapes", escaped_texts());
  compare("integers", integers());
  return 0;
}();

}  // namespace
