"""The table of mutants does not rot: each still finds its text, changes it, and there are enough of each kind."""

import collections
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import mutant  # noqa: E402
import run  # noqa: E402

MUTANTS_MIN = 50


class Table(unittest.TestCase):
    def test_every_text_to_find_stands_once_in_its_file(self):
        for change in (*mutant.CONTROLS, *mutant.all_mutants()):
            with self.subTest(change.name):
                self.assertNotEqual(change.text(), (mutant.ROOT / change.file).read_text(encoding="utf-8"))

    def test_a_header_names_the_source_that_steps_it(self):
        for change in (*mutant.CONTROLS, *mutant.all_mutants()):
            with self.subTest(change.name):
                self.assertTrue(change.source.endswith(".cpp"))
                self.assertTrue((mutant.ROOT / change.source).is_file())

    def test_names_are_unlike_and_kinds_are_known(self):
        names = collections.Counter(change.name for change in (*mutant.CONTROLS, *mutant.all_mutants()))
        self.assertEqual([name for name, count in names.items() if count > 1], [])
        self.assertEqual({change.kind for change in mutant.all_mutants()}, set(mutant.KINDS))

    def test_there_are_enough(self):
        self.assertGreaterEqual(len(mutant.all_mutants()), MUTANTS_MIN)


class Verdicts(unittest.TestCase):
    """What counts as killed: told by programs that do nothing but end in one way."""

    def verdict_of(self, *scripts):
        with tempfile.TemporaryDirectory() as folder:
            fixtures = []
            for number, script in enumerate(scripts):
                fixture = pathlib.Path(folder, f"fixture{number}")
                fixture.mkdir()
                (fixture / "script").write_text(script, encoding="utf-8")
                fixtures.append(fixture)
            program = pathlib.Path(folder, "program")
            program.write_text('#!/bin/sh\n. "$3/script"\n', encoding="utf-8")
            program.chmod(0o755)
            return run.judge(program, fixtures, pathlib.Path(folder, "home"))[0]

    def test_only_a_divergence_kills(self):
        diverged = "echo '{\"code\": \"REPLAY_DIVERGED\"}'; "
        self.assertEqual(self.verdict_of(diverged + "exit 2"), "killed")
        self.assertEqual(self.verdict_of("exit 0"), "SURVIVED")
        for broken in ("exit 2", diverged + "exit 1", "exit 7", "kill -ABRT $$"):
            with self.subTest(broken):
                self.assertEqual(self.verdict_of(broken), "BROKE")

    def test_one_fixture_that_diverges_is_enough(self):
        diverged = "echo '{\"code\": \"REPLAY_DIVERGED\"}'; exit 2"
        self.assertEqual(self.verdict_of("exit 0", "exit 7", diverged), "killed")
        self.assertEqual(self.verdict_of("exit 0", "exit 7"), "BROKE")


if __name__ == "__main__":
    unittest.main()
