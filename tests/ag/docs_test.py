#!/usr/bin/env python3
"""The documents: relative links and their anchors lead somewhere, files that are named exist, and
README.md stays short. usage: docs_test.py ROOT"""
import pathlib
import re
import subprocess
import sys

README_WORDS = 600
# Made by a build or a run, or named as an example.
NOT_IN_THE_TREE = ("build/", "runs/", ".deps/", ".toolchain/")
FOLDERS = "shared|native|wasm|web|tests|cmake|docs"


def tracked(root, pattern):
    out = subprocess.run(
        ["git", "-c", f"safe.directory={root}", "ls-files", "--cached", "--others",
         "--exclude-standard", "--", pattern],
        cwd=root, capture_output=True, text=True)
    if out.returncode:
        print("SKIP: this is no git checkout")
        sys.exit(77)
    return [root / name for name in out.stdout.split("\n") if name]


def without_code(text):
    """Blocks of commands become empty lines, so that numbers of lines stay."""
    return re.sub(r"^```.*?^```", lambda block: "\n" * block.group().count("\n"), text,
                  flags=re.DOTALL | re.MULTILINE)


def anchors(path):
    """As GitHub makes them of headings."""
    found = set()
    for heading in re.findall(r"^#+ +(.*?) *$", without_code(path.read_text("utf-8")), re.MULTILINE):
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        count = 0
        unique = slug
        while unique in found:
            count += 1
            unique = f"{slug}-{count}"
        found.add(unique)
    return found


def faults_of(root, path):
    text = without_code(path.read_text("utf-8"))
    for number, line in enumerate(text.split("\n"), 1):
        place = f"{path.relative_to(root)}:{number}"
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            file = (path.parent / name).resolve() if name else path
            if not file.exists():
                yield f"{place}: no file {name}"
            elif anchor and file.suffix == ".md" and anchor not in anchors(file):
                yield f"{place}: {name or path.name} has no heading #{anchor}"
        for name in re.findall(rf"`((?:{FOLDERS})/[\w./-]*[\w/])`", line):
            if name.startswith(NOT_IN_THE_TREE) or re.search(r"NAME|/name[._]", name):
                continue
            # `shared/base/file` stands for the pair of file.h and file.cc.
            if not (root / name).exists() and not list(root.glob(name + ".*")):
                yield f"{place}: no file {name}"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    faults = []
    for path in tracked(root, "*.md"):
        faults += faults_of(root, path)
    version = re.search(r"project\(ag VERSION ([\d.]+)", (root / "CMakeLists.txt").read_text("utf-8")).group(1)
    newest = re.search(r"^## \[([\d.]+)\]", (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE).group(1)
    if newest != version:
        faults.append(f"CHANGELOG.md: its newest version is {newest}, CMakeLists.txt has {version}")
    words = len((root / "README.md").read_text("utf-8").split())
    if words > README_WORDS:
        faults.append(f"README.md has {words} words, more than {README_WORDS}")
    print("\n".join(faults))
    sys.exit(1 if faults else 0)


main()
