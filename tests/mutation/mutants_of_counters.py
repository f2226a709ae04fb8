"""Mutants of what the read models count: rates, keys, exposure. Each: name, file, text to find, text in its place."""

RATES = "projections/rate_counters.cpp"
RATE_QUERIES = "projections/rate_counter_queries.cpp"
KEYS = "projections/idempotency.cpp"
EXPOSURE = "projections/exposure.cpp"
ORDERS = "projections/workflow_tables.cpp"

MUTANTS = {
    "counter": (
        ("an order counts as two", RATES, "return add_to_hour(database, intent, 1, intent.notional);",
         "return add_to_hour(database, intent, 2, intent.notional);"),
        ("submits count under another policy", RATES, "submit->environment, submit->policy_name,",
         'submit->environment, "other",'),
        ("changes count under another policy", RATES, "modify->environment, modify->policy_name,",
         'modify->environment, "other",'),
        ("an order that was not placed counts", RATES, 'state == "not_sent" || state == "not_placed"',
         'state == "not_sent"'),
        ("a refused order does not count", RATES, 'if (state == "rejected") return {false, true, false};',
         'if (state == "rejected") return {true, true, false};'),
        ("a refused submit does not count", RATES,
         "if (outcome == events::Outcome::refused) return {false, true, false};",
         "if (outcome == events::Outcome::refused) return {true, true, false};"),
        ("an order that filled after all does not count", RATES, "return executed || !gave_back_order;",
         "return !gave_back_order;"),
        ("orders count a day later", RATES, "const std::int64_t hour = hour_of(intent.intended_at);",
         "const std::int64_t hour = hour_of(intent.intended_at) + 24;"),
        ("the first hour of a day is left out", RATE_QUERIES, "AND hour >= ?4", "AND hour > ?4"),
        ("other policies' orders count", RATE_QUERIES, "AND policy_name = ?3 AND hour",
         "AND policy_name <> ?3 AND hour"),
        ("a cancel binds no key", KEYS, "return bind_key(database, event, *cancel, Operation::cancel);", "return {};"),
        ("a change binds no key", KEYS, "return bind_key(database, event, *modify, Operation::modify);", "return {};"),
        ("a submit binds no key", KEYS, "return bind_key(database, event, *submit, Operation::submit);", "return {};"),
        ("a submit's outcome is not kept", KEYS, "return answer(database, event, *submitted);", "return {};"),
        ("a change's outcome is not kept", KEYS, "return answer(database, event, *modified);", "return {};"),
        ("a cancel's outcome is not kept", KEYS, "return answer(database, event, *cancelled);", "return {};"),
        ("fills leave the open quantity", EXPOSURE, "add_or_largest(quantity, filled.negated())", "quantity"),
        ("ended orders stay open", EXPOSURE, "WHERE is_open = 1 AND account = ?1", "WHERE account = ?1"),
        ("open sells count as buys", EXPOSURE, "side == events::Side::buy ? open_buys : open_sells",
         "side == events::Side::buy ? open_buys : open_buys"),
        ("sells add to the position", EXPOSURE, "side == events::Side::buy ? quantity : quantity.negated()",
         "quantity"),
        ("a fill in the base's millisecond is in it", EXPOSURE, "execution.executed_at < *position->as_of",
         "execution.executed_at <= *position->as_of"),
        ("a fill in a new base's millisecond comes on top", EXPOSURE, "executed_at > ?3", "executed_at >= ?3"),
        ("a lost change frees what it asked for", ORDERS, "return std::max(quantity, before);", "return quantity;"),
        ("a change under way asks for nothing", ORDERS,
         "if (record.pending && record.pending->changes.quantity)", "if (false)"),
    ),
}
