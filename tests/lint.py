#!/usr/bin/env python3
"""What the compiler does not see of the house rules: who may include whom, and how a file begins.

    tests/lint.py [SOURCE_DIRECTORY]

Prints a line for each breach and exits with 1 when there is one."""
import pathlib
import re
import sys

# A folder includes itself and what stands here (ARCHITECTURE.md); main joins the halves, and two files at its side know both.
MAY_INCLUDE = {
    "tls": {"tls"},
    "routing": {"routing", "tls"},
    "controller": {"controller", "routing", "tls"},
    "proxy": {"proxy", "routing", "tls"},
}
SEES_BOTH_HALVES = re.compile(r"proxy/(main|options|controller_report)\.")
OURS = re.compile(r'^#include "([a-z_0-9]+)/', re.M)


def breaches(root, path):
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(root).as_posix()
    folder = name.split("/")[0]
    if folder in MAY_INCLUDE:
        allowed = MAY_INCLUDE[folder] | ({"controller"} if SEES_BOTH_HALVES.match(name) else set())
        for included in sorted(set(OURS.findall(text)) - allowed):
            yield f"{name}: {folder} may not include {included}/"
    if path.suffix == ".hpp":
        if not text.startswith("//"):
            yield f"{name}: a header opens with what it is"
        if "#pragma once" not in text:
            yield f"{name}: no #pragma once"
    for number, line in enumerate(text.split("\n"), 1):
        if line != line.rstrip():
            yield f"{name}:{number}: blanks at the end of a line"
        if "\t" in line:
            yield f"{name}:{number}: a tab"
    if not text.endswith("\n"):
        yield f"{name}: no newline at the end"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    files = sorted(path for folder in (*MAY_INCLUDE, "tests", "bench") for path in (root / folder).rglob("*.?pp"))
    if not files:
        sys.exit(f"{root}: no source files")
    found = [breach for path in files for breach in breaches(root, path)]
    print("\n".join(found) if found else f"{len(files)} files")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
