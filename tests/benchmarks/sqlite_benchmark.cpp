// The same networks and questions as in zoo_query_benchmark with SQLite: facts in tables with indexes, weights as
// blobs under their SHA-256, a transaction of 256 networks at a time, durable as a zoo is (WAL, synchronous=FULL).
//   build/dev/bin/sqlite_benchmark /tmp/bench.sqlite 100000

#include <sqlite3.h>

#include <cstdlib>
#include <stdexcept>

#include "many_networks.hpp"
#include "measure.hpp"

namespace {
using namespace weightloom;
using namespace weightloom::benchmark;

constexpr int kAtOnce = 256;
constexpr const char* kTables = R"sql(
  create table network(id text primary key, name text unique, arch text, dataset text, family text, split text,
                       params integer, bytes integer, created text, weights_hash text, notes text) without rowid;
  create table metric(network text, name text, value real, primary key(network, name)) without rowid;
  create table tag(network text, name text, primary key(network, name)) without rowid;
  create table setting(network text, path text, value, primary key(network, path)) without rowid;
  create table tensor(network text, name text, dtype text, shape text, object text, primary key(network, name))
    without rowid;
  create table object(id text primary key, bytes blob) without rowid;
  create index by_arch on network(arch);
  create index by_dataset on network(dataset);
  create index by_metric on metric(name, value, network);
  create index by_tag on tag(name, network);
  create index by_setting on setting(path, value, network);
)sql";

class Sqlite {
 public:
  explicit Sqlite(const std::string& path) {
    check(sqlite3_open(path.c_str(), &db_));
    run("pragma journal_mode=wal; pragma synchronous=full");
  }
  ~Sqlite() { sqlite3_close(db_); }
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  void run(const char* sql) { check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr)); }
  // Reads every column of every row, as a list does.
  std::size_t count_rows(const std::string& sql) {
    std::size_t rows = 0;
    const auto count = [](void* seen, int, char**, char**) { return ++*static_cast<std::size_t*>(seen), 0; };
    check(sqlite3_exec(db_, sql.c_str(), count, &rows, nullptr));
    return rows;
  }

  class Statement {
   public:
    Statement(Sqlite& db, const char* sql) : db_(db) {
      db.check(sqlite3_prepare_v2(db.db_, sql, -1, &statement_, nullptr));
    }
    ~Statement() { sqlite3_finalize(statement_); }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    template <class... Values>
    void operator()(const Values&... values) {
      int at = 0;
      (bind(++at, values), ...);
      if (sqlite3_step(statement_) != SQLITE_DONE) db_.check(SQLITE_ERROR);
      sqlite3_reset(statement_);
    }

   private:
    void bind(int at, const std::string& text) {
      sqlite3_bind_text(statement_, at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    }
    void bind(int at, double value) { sqlite3_bind_double(statement_, at, value); }
    void bind(int at, std::int64_t value) { sqlite3_bind_int64(statement_, at, value); }
    void bind(int at, const std::vector<std::byte>& blob) {
      sqlite3_bind_blob(statement_, at, blob.data(), static_cast<int>(blob.size()), SQLITE_TRANSIENT);
    }
    void bind(int at, const Json& setting) {
      setting.is_number() ? bind(at, setting.get<double>()) : bind(at, setting.get<std::string>());
    }
    Sqlite& db_;
    sqlite3_stmt* statement_ = nullptr;
  };

 private:
  void check(int status) const {
    if (status != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(db_));
  }
  sqlite3* db_ = nullptr;
};

void fill(const std::string& path, int networks) {
  Sqlite db(path);
  db.run(kTables);
  Sqlite::Statement add_network(db, "insert into network values(?,?,?,?,?,?,?,?,?,?,?)"),
      add_metric(db, "insert into metric values(?,?,?)"), add_tag(db, "insert into tag values(?,?)"),
      add_setting(db, "insert into setting values(?,?,?)"), add_tensor(db, "insert into tensor values(?,?,?,?,?)"),
      add_object(db, "insert or ignore into object values(?,?)");
  Random random(1);
  for (int i = 0; i < networks; ++i) {
    if (i % kAtOnce == 0) db.run("begin");
    auto [record, tensors] = network(i, random);
    describe_weights(record, tensors);
    const auto id = record.weights_hash.substr(0, 32);
    add_network(id, record.name, record.architecture, record.dataset, record.family, record.split, record.parameters,
                record.bytes, std::string("2026-01-01T00:00:00Z"), record.weights_hash, record.notes);
    for (const auto& [name, value] : record.metrics) add_metric(id, name, value);
    for (const auto& tag : record.tags) add_tag(id, tag);
    for (const auto& [key, value] : record.config.items()) add_setting(id, "config." + key, value);
    for (const auto& [key, value] : record.hyperparameters.items()) add_setting(id, "hyper." + key, value);
    for (const auto& tensor : record.tensors) {
      add_tensor(id, tensor.name, std::string(dtype_name(tensor.dtype)), to_string(tensor.shape), tensor.object);
      add_object(tensor.object, tensors.at(tensor.name).bytes);
    }
    if (i % kAtOnce == kAtOnce - 1 || i == networks - 1) db.run("commit");
  }
  db.run("analyze");
}

// A row of a list has the tags and metrics of the network, too.
void measure(const std::string& path, const std::string& where, const std::string& rest = "") {
  const std::string sql =
      "select *, (select group_concat(name) from tag where network=id), (select group_concat(name || value) from "
      "metric "
      "where network=id) from network" +
      (where.empty() ? "" : " where " + where) + " " + rest;
  std::size_t hits = 0;
  const auto time = median_milliseconds([&] { hits = Sqlite(path).count_rows(sql); });
  print_query(time, hits, where + " " + rest);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: sqlite_benchmark FILE NETWORKS\n"), 2;
  try {
    const std::string path = argv[1];
    const int networks = std::atoi(argv[2]);
    if (!std::filesystem::exists(path)) print_filling(networks, path, [&] { fill(path, networks); });
    const auto metric = [](const std::string& name, const std::string& test) {
      return "id in (select network from metric where name='" + name + "' and value" + test + ")";
    };
    const auto accurate = metric("test_accuracy", ">0.99");
    measure(path, "", "order by name limit 20");
    measure(path, "", "order by (select value from metric where network=id and name='test_accuracy') desc limit 20");
    measure(path, "name='data-2/resnet/4242'");
    measure(path, "dataset='data-7' and " + accurate);
    measure(path, accurate, "order by name limit 20");
    measure(
        path,
        "arch glob 'org.weightloom.c*' and " + metric("test_accuracy", ">=0.9") +
            " and id not in (select network from tag where name='check') and id in (select network from setting where "
            "path='config.depth' and value in (2, 3))",
        "order by name limit 20");
    measure(path, "notes like '%77'", "order by name limit 20");
    measure(path, "exists (select 1 from tensor where network=id and name glob 'conv*')", "order by name limit 20");
    measure(path, "", "order by name");
    print_peak_memory();
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "%s\n", error.what()), 1;
  }
}
