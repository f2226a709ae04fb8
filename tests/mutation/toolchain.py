"""Compiles one mutated source file and links it in front of the libraries that hold the original."""

import json
import pathlib
import shlex
import subprocess

import mutant

# A busy machine may give a compiler a small part of its time: this only ends one that hangs.
COMPILE_SECONDS_MAX = 1800

# What nearly every mutated source reads. These rooms are never mutated, so they are parsed once for all.
COMMON_HEADERS = ("events/catalogue.hpp", "events/records.hpp", "events/json/codec.hpp", "events/result.hpp")


class BuildError(Exception):
    pass


def run(command, folder):
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, timeout=COMPILE_SECONDS_MAX)
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"{command[0]} took more than {COMPILE_SECONDS_MAX} s") from error
    if done.returncode != 0:
        raise BuildError(done.stderr.strip().replace("\n", "\n    ")[:2000])
    return done.stdout


def meaning(command):
    """Compiler, definitions, include folders and standard of a compile command: no optimisation, no warnings."""
    words = shlex.split(command)
    compiler = next(word for word in words if not word.endswith("ccache"))
    kept = [word for word in words if word.startswith(("-D", "-I", "-std=", "-isystem"))]
    return [compiler, *kept, "-O0", "-w"]


class Toolchain:
    def __init__(self, build):
        self.build_folder = pathlib.Path(build).resolve()
        self.binary = self.build_folder / "ibkr-agent"
        listed = json.loads((self.build_folder / "compile_commands.json").read_text(encoding="utf-8"))
        self.commands = {str(pathlib.Path(entry["file"]).resolve().relative_to(mutant.ROOT)): meaning(entry["command"])
                         for entry in listed}
        self.link_words = self.read_link_command()
        self.prefixes = {}

    def read_link_command(self):
        lines = run(["ninja", "-C", str(self.build_folder), "-t", "commands", "ibkr-agent"], self.build_folder)
        words = shlex.split(lines.strip().splitlines()[-1])
        return [word for word in words if word not in (":", "&&")]

    def precompile(self, mutants, work):
        """One precompiled header for each set of flags that the mutants' sources have."""
        for change in mutants:
            command = self.commands[change.source]
            if tuple(command) in self.prefixes:
                continue
            header = work / f"prefix{len(self.prefixes)}.hpp"
            header.write_text("".join(f'#include "{name}"\n' for name in COMMON_HEADERS), encoding="utf-8")
            run([*command, "-x", "c++-header", str(header), "-o", f"{header}.gch"], self.build_folder)
            self.prefixes[tuple(command)] = header

    def build(self, change, folder):
        """The program with the mutant in it."""
        changed = folder / change.file
        changed.parent.mkdir(parents=True)
        changed.write_text(change.text(), encoding="utf-8")
        source = changed if change.source == change.file else mutant.ROOT / change.source
        command = self.commands[change.source]
        prefix = self.prefixes[tuple(command)]
        # The compiler takes a precompiled header first of all; the mutated header's folder comes before ours.
        compiler, *flags = command
        mutated_object = folder / "mutant.o"
        run([compiler, f"-I{folder}", *flags, "-include", str(prefix), "-c", str(source), "-o", str(mutated_object)],
            self.build_folder)
        return self.link(mutated_object, folder / "ibkr-agent")

    def link(self, mutated_object, binary):
        words = list(self.link_words)
        words[words.index("-o") + 1] = str(binary)
        first_library = next(place for place, word in enumerate(words) if word.endswith(".a"))
        words.insert(first_library, str(mutated_object))
        run(words, self.build_folder)
        return binary
