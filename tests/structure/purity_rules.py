"""What the core may not call: what differs from run to run comes to it as a fact or through a port.

docs/decisions/0019 says why; the list is that of deterministic simulation. A decision made today must come out the
same in a replay years later, and a simulated seed must repeat to the last byte.
"""

import re

IMPURE = [
    (r"<(chrono|ctime|thread|mutex|shared_mutex|condition_variable|future|atomic|random|filesystem"
     r"|fstream|iostream|cstdio|unistd\.h)>", "a decider has no clock, thread, randomness or files"),
    (r"\b(system|steady|high_resolution|utc|file|tai|gps)_clock\b|\bstd::(time|clock|localtime|gmtime)\b"
     r"|\bgettimeofday\b|\bclock_gettime\b", "time is a fact handed in, never read"),
    (r"\b(random_device|mt19937\w*|minstd_rand0?|default_random_engine|\w+_distribution|s?rand|getrandom|getentropy)\b",
     "random values are facts handed in"),
    (r"\b(secure_)?getenv\b|\benviron\b", "the environment is not an input of a decision"),
    (r"\bstd::(j?thread|async|mutex|atomic)\b|\bthread_local\b|\bpthread_\w+",
     "deciders run on the caller's thread only"),
    (r"\bstd::unordered_\w+", "its order differs between builds; use an ordered container"),
    (r"\bstd::(map|set)<\s*(const\s+)?[\w:]+\s*\*", "addresses differ between runs; order by what they point to"),
    (r"<(sys/\w+\.h|fcntl\.h|dirent\.h|csignal|signal\.h|time\.h)>", "a decider makes no system call"),
    (r"\b(fopen|freopen|popen|tmpfile|mkstemp|mmap|getpid|gethostname)\s*\(|\bstd::(system|tmpnam|signal)\b",
     "a decider makes no system call"),
    (r"\b(sleep_for|sleep_until|nanosleep|usleep)\b", "a decider never waits"),
]
# What decides, folds, reads for a decision, renders an answer that is hashed into the log, replays, and the values
# and bytes that all of it is made of.
REPEATS = ("statemachines/", "projections/", "engine/fold/", "engine/payloads/", "engine/replay/",
           "engine/writer/state_reader", "engine/writer/event_builder",
           "events/catalogue", "events/json/", "events/redaction/", "events/values/")
# Per file: what it may have of that, and why it repeats all the same.
ALLOWED = {
    "engine/payloads/order_payloads.cpp": (r"std::set<const OrderRecord\*", "asked what it contains, never walked"),
    "engine/replay/export_log.cpp": (r"<fstream>", "reads the history that is replayed"),
    "engine/replay/fixture.cpp": (r"<fstream>", "reads the history that is replayed"),
    "events/values/timestamp.cpp": (r"<chrono>", "the calendar, no clock"),
    "projections/layout.cpp": (r"<(fcntl|unistd)\.h>", "puts away the file of read models"),
    "projections/read_pool.hpp": (r"<mutex>|std::mutex", "reads side by side, on connections of their own"),
    "projections/rebuild.cpp": (r"<(cstdio|fcntl\.h|unistd\.h)>", "puts the file that was built anew in its place"),
    "projections/sqlite.cpp": (r"<(fcntl|unistd)\.h>|std::unordered_map",
                               "the database's file; prepared statements, found by their text and never walked"),
}
# The rest of the engine has locks for its many callers. It starts no thread, and asks its ports (engine/ports/)
# for time and ids.
ENGINE_ASKS_PORTS = re.compile(
    r"\b(system|steady|high_resolution|utc|file|tai|gps)_clock\b|\bstd::(time|clock|localtime|gmtime)\b"
    r"|\b(gettimeofday|clock_gettime|sleep_for|sleep_until|nanosleep|usleep)\b"
    r"|\b(random_device|mt19937\w*|default_random_engine|getrandom|getentropy|(secure_)?getenv)\b|\bs?rand\s*\("
    r"|\bstd::(j?thread|async)\b|\bstd::unordered_\w+")
NO_FLOAT_ROOMS = {"events", "statemachines", "projections", "engine"}


def find(pattern, text):
    for number, line in enumerate(text.splitlines(), 1):
        match = re.search(pattern, line)
        if match:
            yield number, match.group(0)


def impure(file):
    """What the file has of the banned, but for what it is allowed; and an allowance that it does not use."""
    allowed, _reason = ALLOWED.get(file.path, (None, None))
    is_used = False
    for pattern, why in IMPURE:
        for number, found in find(pattern, file.only_code):
            if allowed and re.search(allowed, file.only_code.splitlines()[number - 1]):
                is_used = True
            else:
                yield file.path, number, f"{found}: {why}"
    if allowed and not is_used:
        yield file.path, 1, "has an allowance in purity_rules.py that it does not use: take it out"


def purity(_root, files):
    for file in files:
        if not file.is_cpp:
            continue
        if file.path.startswith(REPEATS):
            yield from impure(file)
        elif file.room == "engine" and not file.path.startswith("engine/ports/"):
            for number, found in find(ENGINE_ASKS_PORTS, file.only_code):
                yield file.path, number, f"{found}: the engine asks its ports"
        if file.room in NO_FLOAT_ROOMS:
            for number, found in find(r"\b(double|float)\b", file.only_code):
                yield file.path, number, f"{found}: amounts are exact decimals"
