// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/sweep_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "core/diagnostics.h"
#include "core/text.h"
#include "sim/version.h"

namespace ocellus::sim {
namespace {

namespace fs = std::filesystem;

constexpr const char* schema = "ocellus-sweep-store-1";

constexpr const char* tables = R"(
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE knob (position INTEGER PRIMARY KEY, name TEXT NOT NULL, unit TEXT NOT NULL,
                   number INTEGER NOT NULL);
CREATE TABLE goal (position INTEGER PRIMARY KEY, metric TEXT NOT NULL, maximise INTEGER NOT NULL);
CREATE TABLE point (number INTEGER PRIMARY KEY, id TEXT NOT NULL);
CREATE TABLE setting (number INTEGER, knob INTEGER, text TEXT NOT NULL, value,
                      PRIMARY KEY (number, knob)) WITHOUT ROWID;
CREATE TABLE metric (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, unit TEXT NOT NULL,
                     description TEXT NOT NULL);
CREATE TABLE result (number INTEGER PRIMARY KEY, status TEXT NOT NULL, exit_code INTEGER NOT NULL,
                     message TEXT NOT NULL, wall_s REAL NOT NULL);
CREATE TABLE measure (number INTEGER, metric INTEGER, value, PRIMARY KEY (number, metric))
                     WITHOUT ROWID;
CREATE VIEW measured AS SELECT measure.number, metric.name, measure.value
                     FROM measure JOIN metric ON metric.id = measure.metric;
)";

[[noreturn]] void fail(sqlite3* db, const std::string& file) {
    const int code = db ? sqlite3_errcode(db) : SQLITE_NOMEM;
    const std::string why = db ? sqlite3_errmsg(db) : "out of memory";
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
        throw input_error(exit_code::usage,
                          fmt::format("error: '{}' is not a store of a sweep: {}", file, why));
    throw input_error(exit_code::io, fmt::format("error: store '{}': {}", file, why));
}

/// A prepared statement.
class statement {
  public:
    statement(sqlite3* db, const std::string& file, const char* sql) : db_(db), file_(file) {
        if (sqlite3_prepare_v2(db, sql, -1, &s_, nullptr) != SQLITE_OK)
            fail(db, file);
    }
    ~statement() { sqlite3_finalize(s_); }
    statement(const statement&) = delete;
    statement& operator=(const statement&) = delete;

    statement& bind(int i, const std::string& text) {
        check(
            sqlite3_bind_text(s_, i, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT));
        return *this;
    }
    statement& bind(int i, std::int64_t value) {
        check(sqlite3_bind_int64(s_, i, value));
        return *this;
    }
    statement& bind(int i, double value) {
        check(sqlite3_bind_double(s_, i, value));
        return *this;
    }
    /// A number where the text is what a number is written as, NULL when empty; plain() gives the
    /// same text again.
    statement& bind_plain(int i, const std::string& text) {
        std::int64_t integer = 0;
        double real = 0;
        const char *begin = text.data(), *end = begin + text.size();
        if (text.empty())
            check(sqlite3_bind_null(s_, i));
        else if (std::from_chars(begin, end, integer).ptr == end && std::to_string(integer) == text)
            bind(i, integer);
        else if (std::from_chars(begin, end, real).ptr == end && shortest(real) == text)
            bind(i, real);
        else
            bind(i, text);
        return *this;
    }
    /// True while there are rows.
    bool step() {
        const int code = sqlite3_step(s_);
        if (code != SQLITE_ROW && code != SQLITE_DONE)
            fail(db_, file_);
        return code == SQLITE_ROW;
    }
    void run() {
        step();
        check(sqlite3_reset(s_));
    }
    std::int64_t integer(int i) { return sqlite3_column_int64(s_, i); }
    double real(int i) { return sqlite3_column_double(s_, i); }
    std::string text(int i) {
        const auto* bytes = static_cast<const char*>(sqlite3_column_blob(s_, i));
        return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(s_, i)))
                     : std::string();
    }
    std::string plain(int i) {
        switch (sqlite3_column_type(s_, i)) {
            case SQLITE_INTEGER:
                return std::to_string(integer(i));
            case SQLITE_FLOAT:
                return shortest(real(i));
            case SQLITE_NULL:
                return "";
            default:
                return text(i);
        }
    }

  private:
    void check(int code) {
        if (code != SQLITE_OK)
            fail(db_, file_);
    }
    sqlite3* db_;
    const std::string& file_;
    sqlite3_stmt* s_ = nullptr;
};

void execute(sqlite3* db, const std::string& file, const char* sql) {
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        fail(db, file);
}

/// Undone when it is not committed.
class transaction {
  public:
    transaction(sqlite3* db, const std::string& file) : db_(db), file_(file) {
        execute(db, file, "BEGIN IMMEDIATE");
    }
    ~transaction() {
        if (open_)
            sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
    }
    transaction(const transaction&) = delete;
    transaction& operator=(const transaction&) = delete;
    void commit() {
        execute(db_, file_, "COMMIT");
        open_ = false;
    }

  private:
    sqlite3* db_;
    const std::string& file_;
    bool open_ = true;
};

}  // namespace

store_lock::store_lock(const std::string& store) : path_(store + ".lock") {
    for (;;) {
        file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (file_ < 0)
            throw input_error(exit_code::io, fmt::format("error: cannot write '{}': {}", path_,
                                                         std::generic_category().message(errno)));
        if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
            char holder[64] = {};
            const auto n = ::read(file_, holder, sizeof holder - 1);
            ::close(file_);
            throw input_error(
                exit_code::usage,
                fmt::format("error: another sweep{} writes to '{}' at this moment; wait for it, or "
                            "name another store",
                            n > 0 ? fmt::format(" (process {})", holder) : "", store));
        }
        // The former holder may have removed the file between our two steps.
        struct stat ours {
        }, there{};
        if (::fstat(file_, &ours) == 0 && ::stat(path_.c_str(), &there) == 0 &&
            ours.st_ino == there.st_ino && ours.st_dev == there.st_dev)
            break;
        ::close(file_);
    }
    const std::string me = std::to_string(::getpid());
    if (::ftruncate(file_, 0) != 0 || ::write(file_, me.data(), me.size()) < 0)
        return;  // only for a message
}

store_lock::~store_lock() {
    ::unlink(path_.c_str());
    ::close(file_);
}

void sweep_store::open(bool make) {
    const int flags = SQLITE_OPEN_READWRITE | (make ? SQLITE_OPEN_CREATE : 0);
    if (!make && !fs::is_regular_file(file_))
        throw input_error(exit_code::usage, fmt::format("error: there is no store '{}'", file_));
    if (sqlite3_open_v2(file_.c_str(), &db_, flags, nullptr) != SQLITE_OK) {
        sqlite3* db = db_;
        db_ = nullptr;
        const std::string why = db ? sqlite3_errmsg(db) : "out of memory";
        sqlite3_close(db);
        throw input_error(exit_code::io, fmt::format("error: store '{}': {}", file_, why));
    }
    sqlite3_busy_timeout(db_, 10000);
    if (make) {
        execute(db_, file_, "PRAGMA journal_mode = WAL");
        execute(db_, file_, "PRAGMA synchronous = FULL");
    }
}

void sweep_store::check_schema() const {
    statement known(db_, file_, "SELECT count(*) FROM sqlite_master WHERE name = 'meta'");
    known.step();
    const std::string found = known.integer(0) ? meta("schema") : "";
    if (found != schema)
        throw input_error(
            exit_code::usage,
            found.empty()
                ? fmt::format("error: '{}' is not a store of a sweep", file_)
                : fmt::format("error: '{}' has the form '{}', and this program knows '{}'", file_,
                              found, schema));
}

sweep_store::sweep_store(const std::string& file, const sweep_plan& plan) : file_(file) {
    try {
        open(true);
        statement empty(db_, file_, "SELECT count(*) FROM sqlite_master");
        empty.step();
        if (empty.integer(0) == 0)
            create(plan);
        check_schema();
        if (meta("plan") != plan.hash)
            throw input_error(
                exit_code::usage,
                fmt::format("error: '{}' belongs to another sweep: its plan is {}, that of '{}' is "
                            "{}\nThe sweep file, a file it names or the program has changed; name "
                            "another store, or delete this one.",
                            file_, meta("plan"), plan.file, plan.hash));
    } catch (...) {
        sqlite3_close(db_);
        throw;
    }
}

sweep_store::sweep_store(const std::string& file, const sweep_store& like) : file_(file) {
    try {
        open(true);
        statement attach(db_, file_, "ATTACH ? AS other");
        attach.bind(1, like.file()).run();
        transaction t(db_, file_);
        execute(db_, file_, tables);
        for (const char* table : {"meta", "knob", "goal", "point", "setting"})
            execute(db_, file_,
                    fmt::format("INSERT INTO main.{0} SELECT * FROM other.{0}", table).c_str());
        t.commit();
        execute(db_, file_, "DETACH other");
    } catch (...) {
        sqlite3_close(db_);
        throw;
    }
}

sweep_store::sweep_store(const std::string& file) : file_(file) {
    try {
        open(false);
        check_schema();
    } catch (...) {
        sqlite3_close(db_);
        throw;
    }
}

sweep_store::~sweep_store() {
    sqlite3_close(db_);
}

void sweep_store::create(const sweep_plan& plan) {
    transaction t(db_, file_);
    execute(db_, file_, tables);
    statement meta(db_, file_, "INSERT INTO meta VALUES (?, ?)");
    const std::pair<const char*, std::string> facts[] = {
        {"schema", schema}, {"version", version_text()}, {"plan", plan.hash}};
    for (const auto& [key, value] : facts)
        meta.bind(1, std::string(key)).bind(2, value).run();
    statement knob(db_, file_, "INSERT INTO knob VALUES (?, ?, ?, ?)");
    for (std::size_t i = 0; i < plan.knobs.size(); ++i)
        knob.bind(1, static_cast<std::int64_t>(i))
            .bind(2, plan.knobs[i].name)
            .bind(3, plan.knobs[i].unit)
            .bind(4, std::int64_t{plan.knobs[i].number})
            .run();
    statement goal(db_, file_, "INSERT INTO goal VALUES (?, ?, ?)");
    for (std::size_t i = 0; i < plan.goals.size(); ++i)
        goal.bind(1, static_cast<std::int64_t>(i))
            .bind(2, plan.goals[i].metric)
            .bind(3, std::int64_t{plan.goals[i].maximise})
            .run();
    statement point(db_, file_, "INSERT INTO point VALUES (?, ?)");
    statement setting(db_, file_, "INSERT INTO setting VALUES (?, ?, ?, ?)");
    for (std::size_t n = 0; n < plan.points.size(); ++n) {
        const auto& p = plan.points[n];
        point.bind(1, static_cast<std::int64_t>(n)).bind(2, p.id).run();
        for (std::size_t k = 0; k < p.values.size(); ++k)
            setting.bind(1, static_cast<std::int64_t>(n))
                .bind(2, static_cast<std::int64_t>(k))
                .bind(3, p.values[k].text)
                .bind_plain(4, p.values[k].plain)
                .run();
    }
    t.commit();
}

std::string sweep_store::meta(const std::string& key) const {
    statement s(db_, file_, "SELECT value FROM meta WHERE key = ?");
    s.bind(1, key);
    return s.step() ? s.text(0) : "";
}

std::set<std::uint64_t> sweep_store::finished() const {
    std::set<std::uint64_t> out;
    statement s(db_, file_, "SELECT number FROM result");
    while (s.step())
        out.insert(static_cast<std::uint64_t>(s.integer(0)));
    return out;
}

void sweep_store::add(const sweep_result& r, const std::vector<sweep_metric>& described) {
    transaction t(db_, file_);
    const auto number = static_cast<std::int64_t>(r.number);
    statement(db_, file_, "INSERT INTO result VALUES (?, ?, ?, ?, ?)")
        .bind(1, number)
        .bind(2, std::string(r.done ? "done" : "failed"))
        .bind(3, std::int64_t{r.exit_code})
        .bind(4, r.message)
        .bind(5, r.wall_seconds)
        .run();
    statement metric(db_, file_,
                     "INSERT OR IGNORE INTO metric (name, unit, description) VALUES (?, ?, ?)");
    statement measure(db_, file_, "INSERT INTO measure SELECT ?, id, ? FROM metric WHERE name = ?");
    for (const auto& m : described) {
        const auto it = r.metrics.find(m.name);
        if (it == r.metrics.end())
            continue;
        metric.bind(1, m.name).bind(2, m.unit).bind(3, m.description).run();
        measure.bind(1, number).bind_plain(2, it->second).bind(3, m.name).run();
    }
    t.commit();
}

std::uint64_t sweep_store::forget_failed() {
    statement s(db_, file_, "DELETE FROM result WHERE status = 'failed'");
    s.run();
    return static_cast<std::uint64_t>(sqlite3_changes(db_));
}

sweep_results sweep_store::read() const {
    sweep_results out;
    execute(db_, file_, "BEGIN");  // one moment for all tables
    out.version = meta("version");
    out.plan = meta("plan");
    {
        statement s(db_, file_, "SELECT count(*) FROM point");
        s.step();
        out.planned = static_cast<std::uint64_t>(s.integer(0));
    }
    {
        statement s(db_, file_, "SELECT name, unit, number FROM knob ORDER BY position");
        while (s.step())
            out.knobs.push_back({s.text(0), s.text(1), s.integer(2) != 0});
    }
    {
        statement s(db_, file_, "SELECT metric, maximise FROM goal ORDER BY position");
        while (s.step())
            out.goals.push_back({s.text(0), s.integer(1) != 0});
    }
    {
        statement s(db_, file_, "SELECT name, unit, description FROM metric ORDER BY name");
        while (s.step())
            out.metrics.push_back({s.text(0), s.text(1), s.text(2)});
    }
    {
        statement s(db_, file_,
                    "SELECT result.number, id, status, exit_code, message, wall_s FROM result JOIN "
                    "point ON point.number = result.number ORDER BY result.number");
        while (s.step()) {
            sweep_result r;
            r.number = static_cast<std::uint64_t>(s.integer(0));
            r.id = s.text(1);
            r.done = s.text(2) == "done";
            r.exit_code = static_cast<int>(s.integer(3));
            r.message = s.text(4);
            r.wall_seconds = s.real(5);
            out.points.push_back(std::move(r));
        }
    }
    // Both lists run through the points in the same order.
    statement settings(db_, file_,
                       "SELECT number, text, value FROM setting WHERE number IN (SELECT number "
                       "FROM result) ORDER BY number, knob");
    auto at = out.points.begin();
    while (settings.step()) {
        while (at->number != static_cast<std::uint64_t>(settings.integer(0)))
            ++at;
        at->values.push_back({settings.text(1), settings.plain(2)});
    }
    statement measures(db_, file_, "SELECT number, name, value FROM measured ORDER BY number");
    at = out.points.begin();
    while (measures.step()) {
        while (at->number != static_cast<std::uint64_t>(measures.integer(0)))
            ++at;
        at->metrics[measures.text(1)] = measures.plain(2);
    }
    execute(db_, file_, "COMMIT");
    return out;
}

}  // namespace ocellus::sim
