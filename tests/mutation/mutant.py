"""What a mutant is, and the whole list of them."""

import dataclasses
import importlib
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
KINDS = ("guard", "limit", "counter", "transition")
TABLES = ("mutants_of_limits", "mutants_of_gates", "mutants_of_counters", "mutants_of_machines")


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One change of one rule: `find` stands once in `file` and becomes `replace`."""
    name: str
    kind: str
    file: str
    find: str
    replace: str
    unit: str = ""  # of a header: the source file that steps its table

    @property
    def source(self):
        return self.unit or self.file

    def text(self):
        """The mutated file."""
        original = (ROOT / self.file).read_text(encoding="utf-8")
        if original.count(self.find) != 1:
            raise ValueError(f"{self.file} holds the text to find {original.count(self.find)} times, not once")
        return original.replace(self.find, self.replace)


# Changes that change nothing, in a source file and in a header. They have to survive: a harness that calls every change
# killed is found by them.
CONTROLS = (
    Mutant("nothing changes in a source file", "control", "statemachines/risk/risk.cpp", "if (!policy.enabled)",
           "if (policy.enabled == false)"),
    Mutant("nothing changes in a header", "control", "statemachines/machines/order_table.hpp",
           "inline constexpr auto any = live | ended;", "inline constexpr auto any = ended | live;",
           "statemachines/evolve/order_evolve.cpp"),
)


def all_mutants():
    mutants = []
    for table in TABLES:
        for kind, entries in importlib.import_module(table).MUTANTS.items():
            mutants += [Mutant(name, kind, *rest) for name, *rest in entries]
    return mutants
