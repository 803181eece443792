#!/usr/bin/env python3
"""Checks the rules of the house that a compiler cannot (CONTRIBUTING.md). Run by ctest as `tidy`.

  tools/tidy.py            checks the tree, prints what is wrong, exit code 1 if anything is
  tools/tidy.py --self-test  checks that each rule finds what it should
"""

import os
import re
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# What a folder under src/ may include besides itself and tidings/: design.md, "Layers".
MAY_USE = {
    "base": set(),
    "protocol": {"base"},
    "community": {"base", "protocol"},
    "store": {"base", "community"},
    "store_sqlite": {"base", "community", "store"},
    "runtime": {"base"},
    "net": {"base", "runtime"},
    "delivery": {"base", "community", "store", "runtime", "net"},
    "backend": {"base", "community", "store", "runtime", "net", "delivery"},
    "receiver": {"base", "store", "runtime", "net"},
    "cli": {"base", "community", "store", "store_sqlite", "runtime", "net", "delivery", "backend",
            "receiver"},
}

# Lines at most.
HEADER_LIMIT = 300
SOURCE_LIMIT = 500
# 100 columns are the formatter's affair; this finds what no formatter has seen.
LINE_LIMIT = 110

# Longer than their limit for a reason.
LONG = {
    "include/tidings/callback.h": "a catalogue: one struct for each documented callback",
}

FORBIDDEN_NAMES = {"utils.h", "helpers.h", "types.h", "common.h"}

# (pattern, what to use instead, where it is allowed)
BANNED = [
    (r"\bnet::detached\b|\basio::detached\b", "spawn into a TaskGroup", ("src/runtime/",)),
    (r"std::this_thread::sleep|\busleep\s*\(|(?<![\w:])sleep\s*\(",
     "a condition with a deadline, or runtime::sleep_for on a lane",
     # Polling stands in one place; a peer that drips is slow on purpose.
     ("tests/support/", "src/net/http_client_test.cc", "src/delivery/bad_endpoints_test.cc",
      "benchmarks/")),
    (r"system_clock::now|\btime\s*\(\s*(nullptr|NULL|0)\s*\)", "a Clock",
     ("src/base/", "benchmarks/")),
    (r"\bTODO\b|\bFIXME\b|\bXXX\b", "an issue", ()),
    (r"#include\s+<boost/beast", "net's own headers", ("src/net/", "benchmarks/")),
    (r"#include\s+<sqlite3\.h>", "store_sqlite/database.h",
     ("src/store_sqlite/", "src/cli/command_line.cc", "benchmarks/", "tests/")),
    (r"\bstd::(rand|srand)\b", "a Random", ()),
]

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)


def files(root, folders, endings):
    for folder in folders:
        for path, names, entries in os.walk(os.path.join(root, folder)):
            names[:] = [name for name in names if name not in ("node_modules", "__pycache__")]
            for entry in sorted(entries):
                if entry.endswith(endings):
                    yield os.path.relpath(os.path.join(path, entry), root)


def check_size(path, text):
    lines = text.count("\n")
    limit = HEADER_LIMIT if path.endswith(".h") else SOURCE_LIMIT
    if lines > limit and path not in LONG:
        yield f"{path}: {lines} lines, at most {limit}: one idea a file"
    if os.path.basename(path) in FORBIDDEN_NAMES:
        yield f"{path}: name a file after its one noun"


def check_head(path, text):
    if path.endswith(".h"):
        if "#pragma once" not in text:
            yield f"{path}: #pragma once is missing"
        if not text.startswith("///"):
            yield f"{path}:1: a header opens with a comment that a stranger can use"


def check_lines(path, text):
    if path.startswith("benchmarks/"):
        return
    # Long texts of one piece (samples, SQL) are easier to read unbroken.
    for number, line in enumerate(text.split("\n"), 1):
        length = len(line)
        if length > LINE_LIMIT and not re.search(r'["\']|https?://|R"', line):
            yield f"{path}:{number}: {length} columns, at most {LINE_LIMIT}"


def check_includes(path, text):
    parts = path.split(os.sep)
    if parts[0] != "src" or len(parts) < 3:
        return
    here = parts[1]
    is_test = path.endswith("_test.cc") or "_fixture" in path or "/test_" in path
    allowed = MAY_USE.get(here)
    if allowed is None:
        yield f"{path}: src/{here} is not in tools/tidy.py's table of folders"
        return
    for number, line in enumerate(text.split("\n"), 1):
        found = re.match(r'\s*#include\s+"([a-z0-9_]+)/', line)
        if not found:
            continue
        folder = found.group(1)
        if folder in ("tidings", here, "support") or folder in allowed or is_test:
            continue
        if folder in MAY_USE or os.path.isdir(os.path.join(ROOT, "src", folder)):
            yield f"{path}:{number}: src/{here} may not use src/{folder} (docs/ARCHITECTURE.md)"


def check_banned(path, text):
    code = COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
    for pattern, instead, allowed in BANNED:
        if any(path.startswith(prefix) for prefix in allowed):
            continue
        searched = text if "TODO" in pattern else code
        for found in re.finditer(pattern, searched):
            number = searched.count("\n", 0, found.start()) + 1
            yield f"{path}:{number}: {found.group().strip()} is banned; use {instead}"


CHECKS = (check_size, check_head, check_lines, check_includes, check_banned)


def check_tree(root):
    problems = []
    for path in files(root, ("src", "include", "tests", "benchmarks"), (".h", ".cc")):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        for check in CHECKS:
            problems.extend(check(path, text))
    return problems


def self_test():
    """Each rule must find its own example, and nothing in a good file."""
    good = "/// What it is.\n#pragma once\n\nint f();\n"
    cases = [
        ("src/base/good.h", good, 0),
        ("src/base/long.h", good + "\n" * HEADER_LIMIT, 1),
        ("src/base/headless.h", "#pragma once\n", 1),
        ("src/base/twice.h", "/// It.\nint f();\n", 1),
        ("src/base/up.h", good + '#include "store/store.h"\n', 1),
        ("src/net/down.h", good + '#include "runtime/lane.h"\n', 0),
        ("src/base/utils.h", good, 1),
        ("src/store/a.cc", "void f() { net::detached; }\n", 1),
        ("src/runtime/a.cc", "void f() { net::detached; }\n", 0),
        ("src/store/b.cc", "// never net::detached here\n", 0),
        ("src/store/c.cc", "auto t = std::chrono::system_clock::now();\n", 1),
        ("src/base/c.cc", "auto t = std::chrono::system_clock::now();\n", 0),
        ("src/store/d.cc", "// " + "TO" + "DO: later\n", 1),
        ("src/store/e.cc", "int " + "x" * LINE_LIMIT + ";\n", 1),
    ]
    failed = 0
    with tempfile.TemporaryDirectory() as root:
        for path, text, wanted in cases:
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
            found = [problem for check in CHECKS for problem in check(path, text)]
            if len(found) != wanted:
                print(f"self-test: {path}: expected {wanted} problem(s), found {found}")
                failed += 1
    return failed


def main():
    failed = self_test()
    if "--self-test" not in sys.argv:
        problems = check_tree(ROOT)
        for problem in problems:
            print(problem)
        failed += len(problems)
        if problems:
            print(f"{len(problems)} problem(s); the rules and their reasons are in CONTRIBUTING.md")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
