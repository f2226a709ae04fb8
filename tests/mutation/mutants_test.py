"""The table of mutants does not rot: each still finds its text, changes it, and there are enough of each kind."""

import collections
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import mutant  # noqa: E402

MUTANTS_MIN = 50


class Table(unittest.TestCase):
    def test_every_text_to_find_stands_once_in_its_file(self):
        for change in mutant.all_mutants():
            with self.subTest(change.name):
                self.assertNotEqual(change.text(), (mutant.ROOT / change.file).read_text(encoding="utf-8"))

    def test_a_header_names_the_source_that_steps_it(self):
        for change in mutant.all_mutants():
            with self.subTest(change.name):
                self.assertTrue(change.source.endswith(".cpp"))
                self.assertTrue((mutant.ROOT / change.source).is_file())

    def test_names_are_unlike_and_kinds_are_known(self):
        names = collections.Counter(change.name for change in mutant.all_mutants())
        self.assertEqual([name for name, count in names.items() if count > 1], [])
        self.assertEqual({change.kind for change in mutant.all_mutants()}, set(mutant.KINDS))

    def test_there_are_enough(self):
        self.assertGreaterEqual(len(mutant.all_mutants()), MUTANTS_MIN)


if __name__ == "__main__":
    unittest.main()
