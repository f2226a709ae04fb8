#pragma once

#include <string>

#include "events/log/directory/directory_layout.hpp"
#include "events/result.hpp"

namespace ibkr::events {

// A store that can be read in part but not be opened for writing any more (a table of it cannot be opened) is
// resumed in a new one, which is made in `resuming/` and exchanged for `log/` when `log_resumed` is in it.
// The old store then stands whole in the quarantine. A crash before the exchange leaves the log held as
// before.

/// Where the new store is made; what an earlier attempt left there is removed. Error audit_write_failed.
[[nodiscard]] Result<std::string> begin_new_store(const DirectoryLayout& layout);
/// Exchanges the stores, both closed. `copy_name` is the quarantine copy that takes the old one.
[[nodiscard]] Result<void> exchange_stores(const DirectoryLayout& layout, const std::string& copy_name);
/// Before each start: finishes an exchange that was cut off between its two steps.
[[nodiscard]] Result<void> finish_exchange(const DirectoryLayout& layout);
/// After a resumption: removes what is left of `resuming/`.
[[nodiscard]] Result<void> remove_resuming(const DirectoryLayout& layout);

}  // namespace ibkr::events
