"""Checks the source tree against the rules of the house, and the rules against planted bad trees.

usage: house_test.py        all tests
       house_test.py list   every violation, one a line
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import house_rules  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]

HEADER = "#pragma once\n"
GOOD_TEST = 'TEST_CASE("a") { REQUIRE(1 + 1 == 2); }\n'
UNFINISHED_WORD = "TO" + "DO"

GOOD = {
    "events/result.hpp": HEADER + "#include <nlohmann/json_fwd.hpp>\n",
    "events/json_codec.hpp": HEADER + "#include <nlohmann/json.hpp>\n",
    "events/log.cpp": '#include "events/result.hpp"\n#include <rocksdb/db.h>\nint n = 1\'000\'000;\n',
    "statemachines/table.hpp": HEADER + '#include "events/result.hpp"\n// no double here, and no getenv\n'
                               'inline const char* word = "double std::thread getenv";\n',
    "projections/store.cpp": '#include "events/result.hpp"\n',
    "engine/writer.cpp": '#include "statemachines/table.hpp"\n#include "projections/../events/result.hpp"\n',
    "io/config/config.cpp": '#include "engine/../events/result.hpp"\n#include <yaml-cpp/yaml.h>\n',
    "cli/main.cpp": '#include "events/result.hpp"\n#include <CLI/CLI.hpp>\nint main() {}\n',
    "tests/unit/events/a_test.cpp": '#include "events/result.hpp"\n#include <sqlite3.h>\n' + GOOD_TEST,
    "scripts/build": "#!/usr/bin/env bash\nset -euo pipefail\necho hi\n",
    "README.md": "# Read me\n",
    "projections/read_pool.hpp": HEADER + "#include <mutex>\n",
    "docs/order-safety.md": "".join(f"| {n} | a fault | {'comes with the wire' if n == 25 else '`a`'} |\n"
                                    for n in range(1, 29)),
}

PAGE = "".join(f"| {n} | a fault | `a` |\n" for n in range(1, 29))

# name: (files laid over GOOD, text that a violation must contain)
BAD = {
    "events looks up": ({"events/b.cpp": '#include "engine/writer.cpp"\n'}, "events/ may not include engine/"),
    "machines reach the read models": ({"statemachines/b.hpp": HEADER + '#include "projections/store.cpp"\n'},
                                       "statemachines/ may not include projections/"),
    "projections reach the machines": ({"projections/b.cpp": '#include "statemachines/table.hpp"\n'},
                                       "projections/ may not include statemachines/"),
    "engine reaches io": ({"engine/b.cpp": '#include "io/config/config.cpp"\n'}, "engine/ may not include io/"),
    "io reaches cli": ({"io/b.cpp": '#include "cli/main.cpp"\n'}, "io/ may not include cli/"),
    "product reaches tests": ({"io/b.cpp": '#include "tests/unit/events/a_test.cpp"\n'},
                              "io/ may not include tests/"),
    "relative include": ({"events/values/b.cpp": '#include "../result.hpp"\n'}, "include from the root"),
    "own header in angles": ({"io/b.cpp": "#include <cli/main.cpp>\n"}, "included with quotes"),
    "clock": ({"statemachines/b.cpp": "auto t = std::chrono::system_clock::now();\n"}, "time is a fact"),
    "thread": ({"statemachines/b.cpp": "#include <thread>\n"}, "no clock, thread"),
    "random": ({"statemachines/b.cpp": "std::random_device d;\n"}, "random values are facts"),
    "environment": ({"statemachines/b.cpp": 'auto x = getenv("A");\n'}, "not an input of a decision"),
    "unordered": ({"statemachines/b.cpp": "std::unordered_map<int, int> m;\n"}, "order differs"),
    "double": ({"statemachines/b.cpp": "double price;\n"}, "exact decimals"),
    "double after a digit separator": ({"statemachines/b.cpp": "int a = 1'000; double b; int c = 2'0;\n"},
                                       "exact decimals"),
    "double in a value": ({"events/b.hpp": HEADER + "double quantity();\n"}, "exact decimals"),
    "file": ({"statemachines/b.cpp": 'auto* f = std::fopen("a", "r");\n'}, "no system call"),
    "system header": ({"statemachines/b.cpp": "#include <sys/stat.h>\n"}, "no system call"),
    "wait": ({"statemachines/b.cpp": "nanosleep(&a, &b);\n"}, "never waits"),
    "order by address": ({"statemachines/b.cpp": "std::map<const Order*, int> m;\n"}, "addresses differ"),
    "fold with a mutex": ({"engine/fold/b.cpp": "std::mutex m;\n"}, "on the caller's thread only"),
    "replay with a clock": ({"engine/replay/replay.cpp": "auto t = steady_clock::now();\n"}, "time is a fact"),
    "read models with a clock": ({"projections/b.cpp": "using Clock = std::chrono::steady_clock;\n"}, "time is a fact"),
    "read models with a thread": ({"projections/b.cpp": "std::thread t;\n"}, "on the caller's thread only"),
    "payloads with random values": ({"engine/payloads/b.cpp": "std::random_device d;\n"}, "random values are facts"),
    "replay with the environment": ({"engine/replay/record/b.cpp": 'auto x = getenv("A");\n'},
                                    "not an input of a decision"),
    "replay in another order": ({"engine/replay/b.cpp": "std::unordered_set<int> s;\n"}, "order differs"),
    "values with a clock": ({"events/values/b.cpp": "auto t = std::chrono::utc_clock::now();\n"}, "time is a fact"),
    "more than is allowed": ({"projections/read_pool.hpp": HEADER + "std::mutex m;\nstd::thread t;\n"},
                             "on the caller's thread only"),
    "allowance without use": ({"projections/read_pool.hpp": HEADER + "int n;\n"}, "does not use"),
    "engine names a clock": ({"engine/b.cpp": "using Clock = std::chrono::steady_clock;\n"}, "asks its ports"),
    "engine starts a thread": ({"engine/effects/b.cpp": "std::jthread t;\n"}, "asks its ports"),
    "engine walks a hash table": ({"engine/b.cpp": "std::unordered_map<int, int> m;\n"}, "asks its ports"),
    "state reader with files": ({"engine/writer/state_reader.cpp": "#include <fstream>\n"}, "no clock, thread"),
    "engine sleeps": ({"engine/b.cpp": "std::this_thread::sleep_for(a);\n"}, "asks its ports"),
    "engine's random numbers": ({"engine/b.cpp": "int a = rand();\n"}, "asks its ports"),
    "engine reads the clock": ({"engine/b.cpp": "auto t = system_clock::now();\n"}, "asks its ports"),
    "heavy json": ({"io/b.hpp": HEADER + "#include <nlohmann/json.hpp>\n"}, "is heavy"),
    "heavy rocksdb": ({"events/b.hpp": HEADER + "#include <rocksdb/db.h>\n"}, "is heavy"),
    "heavy sqlite": ({"projections/b.hpp": HEADER + "#include <sqlite3.h>\n"}, "is heavy"),
    "heavy CLI": ({"cli/b.hpp": HEADER + "#include <CLI/CLI.hpp>\n"}, "is heavy"),
    "heavy boost": ({"io/b.hpp": HEADER + "#include <boost/asio.hpp>\n"}, "is heavy"),
    "heavy yaml": ({"io/b.hpp": HEADER + "#include <yaml-cpp/yaml.h>\n"}, "is heavy"),
    "no pragma once": ({"io/b.hpp": "int a();\n"}, "#pragma once"),
    "using namespace": ({"io/b.hpp": HEADER + "using namespace std;\n"}, "using namespace"),
    "long file": ({"io/b.cpp": "int a;\n" * 401}, "at most 400"),
    "long script": ({"scripts/b": "#!/bin/bash\nset -euo pipefail\n" + "echo\n" * 400}, "at most 400"),
    "unfinished": ({"docs/a.md": f"{UNFINISHED_WORD}: more\n"}, "finish it"),
    "workplace path": ({"docs/a.md": "see /ro" + "ot/.cache/x.md\n"}, "names a machine"),
    "registry host": ({"tests/package-lock.json": '"https:/' + '/registry.example.org/x"\n'}, "names a machine"),
    "emoji": ({"README.md": "# Fast \U0001f680\n"}, "no emoji"),
    "bare suppression": ({"io/b.cpp": "int* a = 0;  // NOLINT\n"}, "names its check"),
    "require true": ({"tests/unit/io/b_test.cpp": 'TEST_CASE("b") { REQUIRE( true ); }\n'}, "able to fail"),
    "succeed": ({"tests/unit/io/b_test.cpp": 'TEST_CASE("b") { SUCCEED("ok"); REQUIRE(f()); }\n'}, "able to fail"),
    "hidden": ({"tests/unit/io/b_test.cpp": 'TEST_CASE("b", "[.slow]") { REQUIRE(f()); }\n'}, "no hidden"),
    "may fail": ({"tests/unit/io/b_test.cpp": 'TEST_CASE("b", "[io][!mayfail]") { REQUIRE(f()); }\n'}, "no hidden"),
    "switched off": ({"tests/unit/io/b_test.cpp": "#if 0\n#endif\n" + GOOD_TEST}, "switched off"),
    "asserts nothing": ({"tests/unit/io/b_test.cpp": 'TEST_CASE("b") { f(); }\n'}, "asserts nothing"),
    "only a comment asserts": ({"tests/unit/io/b_test.cpp": 'TEST_CASE("b") { f(); /* REQUIRE(f()) */ }\n'},
                               "asserts nothing"),
    "no test case": ({"tests/unit/io/b_test.cpp": "int REQUIRE_a;\n"}, "holds no test case"),
    "fault without a test": ({"docs/order-safety.md": PAGE.replace("`a`", "later", 1)}, "names no test"),
    "fault whose test is gone": ({"docs/order-safety.md": PAGE.replace("`a`", "`b`", 1)}, "there is no test"),
    "fault that may not wait": ({"docs/order-safety.md": PAGE.replace("| `a` |", "| comes with the wire |", 1)},
                                "may not wait for the wire"),
    "fault left out": ({"docs/order-safety.md": PAGE.replace("| 3 |", "| x |")}, "fault 3 has no row"),
    "test case in a helper": ({"tests/unit/io/helper.cpp": GOOD_TEST}, "is named *_test.cpp"),
    "stray top level": ({"notes/a.md": "x\n"}, "does not belong"),
    "stray top level file": ({"Makefile": "x\n"}, "does not belong"),
    "bad shell": ({"scripts/b": "#!/bin/bash\nset -euo pipefail\nif then\n"}, "bash -n"),
    "careless shell": ({"scripts/b": "#!/bin/bash\necho\n"}, "set -euo pipefail"),
}


def plant(root, files):
    for path, text in files.items():
        target = pathlib.Path(root, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        if path.startswith("scripts/"):
            target.chmod(0o755)


class RulesSee(unittest.TestCase):
    def violations_of(self, files):
        with tempfile.TemporaryDirectory() as root:
            plant(root, files)
            return list(house_rules.violations(root))

    def test_a_good_tree_passes(self):
        self.assertEqual(self.violations_of(GOOD), [])

    def test_each_planted_fault_is_found_alone(self):
        for name, (files, expected) in BAD.items():
            with self.subTest(name):
                found = self.violations_of({**GOOD, **files})
                self.assertTrue(found, "nothing found")
                for violation in found:
                    self.assertIn(expected, violation)

    def test_every_rule_has_a_planted_fault(self):
        seen = set()
        for files, _expected in BAD.values():
            seen |= {v.rsplit("[", 1)[1].rstrip("]") for v in self.violations_of({**GOOD, **files})}
        self.assertEqual(seen, {rule.__name__ for rule in house_rules.RULES})

    def test_a_script_must_be_executable(self):
        with tempfile.TemporaryDirectory() as root:
            plant(root, GOOD)
            pathlib.Path(root, "scripts/build").chmod(0o644)
            self.assertIn("is executable", "\n".join(house_rules.violations(root)))


class Simulate(unittest.TestCase):
    """A run of no seed would pass: what scripts/simulate does not understand it refuses before it builds."""

    def test_refuses_what_it_does_not_understand(self):
        for words in (["--seeds", "0"], ["--seeds", "many"], ["--seeds", "-1"], ["--seeds"], ["--from", "0"],
                      ["--from", "junk"], ["--only", ","], ["--only", "3,x"], ["--seed", "1"], ["200"]):
            with self.subTest(words):
                done = subprocess.run([ROOT / "scripts/simulate", *words], stdin=subprocess.DEVNULL,
                                      capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 2)
                self.assertIn("simulate: ", done.stderr)
                self.assertIn("usage: ", done.stderr)


class TheHouse(unittest.TestCase):
    def test_keeps_its_rules(self):
        found = list(house_rules.violations(ROOT))
        self.assertFalse(found, "\n" + "\n".join(found))

    def test_is_not_empty(self):
        self.assertGreater(len(house_rules.load(ROOT)), 10)


if __name__ == "__main__":
    if sys.argv[1:] == ["list"]:
        print("\n".join(house_rules.violations(ROOT)))
    else:
        unittest.main(verbosity=2)
