#include "projections/policies.hpp"

#include "projections/row_internal.hpp"

namespace ibkr::projections {

using events::Result;

Result<void> Policies::create_tables(Database& database) {
    return database.exec(
        "CREATE TABLE policies (kind TEXT NOT NULL, name TEXT NOT NULL, content_hash TEXT NOT NULL,"
        " content TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (kind, name))");
}

Result<void> Policies::apply(Database& database, const events::Event& event) {
    const auto* loaded = std::get_if<events::PolicyLoaded>(&event.body);
    if (loaded == nullptr) return {};
    return database.run(
        "INSERT INTO policies (kind, name, content_hash, content, sequence) VALUES (?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT (kind, name) DO UPDATE SET content_hash = excluded.content_hash,"
        " content = excluded.content, sequence = excluded.sequence",
        loaded->kind, loaded->name, loaded->content_hash, loaded->content.text, event.sequence_id.value());
}

Result<std::optional<events::PolicyRecord>> Queries::policy(std::string_view kind,
                                                            std::string_view name) const {
    auto row = database_->query("SELECT content_hash, content FROM policies WHERE kind = ?1 AND name = ?2",
                                kind, name);
    const auto found = row.step();
    if (!found) return events::failure(found.error());
    if (!*found) return std::optional<events::PolicyRecord>{};
    return std::optional(events::PolicyRecord{std::string(kind), std::string(name), std::string(row.text(0)),
                                              std::string(row.text(1))});
}

Result<std::vector<events::PolicyRecord>> Queries::policies() const {
    auto rows = database_->query(
        "SELECT kind, name, content_hash, content FROM policies ORDER BY kind, name LIMIT ?1", rows_max);
    std::vector<events::PolicyRecord> records;
    for (;;) {
        const auto found = rows.step();
        if (!found) return events::failure(found.error());
        if (!*found) return records;
        events::PolicyRecord record;
        RowReader(rows) >> record.kind >> record.name >> record.content_hash >> record.content;
        records.push_back(std::move(record));
    }
}

}  // namespace ibkr::projections
