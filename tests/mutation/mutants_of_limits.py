"""Mutants of the risk policy and of what it is judged from. Each: name, file, text to find, text in its place."""

FORM = "statemachines/risk/form_checks.cpp"
VALUE = "statemachines/risk/value_checks.cpp"
STAKE = "statemachines/risk/stake_checks.cpp"
RISK = "statemachines/risk/risk.cpp"
GATE = "statemachines/decide/risk_gate.cpp"

MUTANTS = {
    "limit": (
        ("quantity at the limit is refused", FORM,
         "quantity > *q.policy->max_quantity", "quantity >= *q.policy->max_quantity"),
        ("fractions are allowed", FORM,
         "is_whole() && !q.policy->allow_fractional", "is_whole() && q.policy->allow_fractional"),
        ("every asset class is allowed", FORM,
         "if (std::find(classes.begin(), classes.end(), asset_class) == classes.end())", "if (classes.empty())"),
        ("every account mode is allowed", FORM,
         "if (std::find(modes.begin(), modes.end(), q.market->account_mode) == modes.end())", "if (modes.empty())"),
        ("market orders are allowed", FORM,
         "OrderType::market && !q.policy->allow_market_orders", "OrderType::market && q.policy->allow_market_orders"),
        ("a zero quantity is no fault of form", FORM,
         "if (!q.has_quantity())", "if (quantity.value().is_negative())"),
        ("notional at the limit is refused", VALUE,
         "value.amount > limit->amount", "value.amount >= limit->amount"),
        ("quote at the age limit is stale", VALUE,
         "age_ms > std::int64_t{*age_max} * 1000", "age_ms >= std::int64_t{*age_max} * 1000"),
        ("quote at the clock tolerance is refused", VALUE,
         "age_ms < -quote_ahead_ms_max", "age_ms <= -quote_ahead_ms_max"),
        ("quote of another currency is taken", VALUE,
         "if (!quote || quote->currency == q.terms->contract.currency) return;", "if (quote || !quote) return;"),
        ("position at the limit is refused", STAKE,
         "if (*value > limit->amount)", "if (*value >= limit->amount)"),
        ("selling the last unit is short", STAKE,
         "*stake.after < Quantity{}", "*stake.after <= Quantity{}"),
        ("a long position may not be reduced", STAKE,
         "*stake.after >= zero && *stake.after < *stake.before",
         "*stake.after >= zero && *stake.after > *stake.before"),
        ("one order more a day", STAKE, "q.today->orders < *limit", "q.today->orders <= *limit"),
        ("symbols compare with case", STAKE, "return upper(x) == upper(y);", "return x == y;"),
        ("a policy switched off still allows", RISK, "if (!policy.enabled)", "if (false)"),
    ),
    "guard": (
        ("open buys do not count", STAKE, "base->plus(q.exposure->open_buys)", "base->plus(events::Quantity{})"),
        ("open sells do not count", STAKE, "base->minus(q.exposure->open_sells)", "base->minus(events::Quantity{})"),
        ("the better position counts", STAKE,
         "std::max(exposure.position, read->quantity)", "std::min(exposure.position, read->quantity)"),
        ("a reading as old as the base counts", STAKE, "read->as_of <= *exposure.as_of",
         "read->as_of < *exposure.as_of"),
        ("an unknown position is none", STAKE,
         "ours ? std::optional(read->quantity) : std::nullopt", "ours ? read->quantity : Quantity{}"),
        ("buys meet the bid", RISK, "buy ? quote->ask : quote->bid", "buy ? quote->bid : quote->ask"),
        ("a sell below the bid hides its value", RISK, "also && *also > *own ? also : own", "own"),
        ("quote of another contract is usable", RISK, "quote.contract_id == contract.contract_id && ", ""),
        ("unavailable quote is usable", RISK, "quote.data_status != events::DataStatus::unavailable", "true"),
        ("paper orders fit every account", GATE,
         "if (is_mode_of(mode, environment)) return;", "if (environment == events::Environment::paper) return;"),
        ("a base as old is recorded again", GATE, "read->as_of > *exposure.as_of", "read->as_of >= *exposure.as_of"),
        ("a changed order leaves the other side", GATE,
         "events::Side::buy ? exposure.open_buys : exposure.open_sells",
         "events::Side::buy ? exposure.open_sells : exposure.open_buys"),
    ),
}
