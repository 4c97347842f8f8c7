#!/usr/bin/env python3
"""Sums what ctest, Playwright and node's test runner wrote as JUnit XML, for `./ag test`.

usage: junit_summary.py [--failure TEXT]... LABEL=FILE...

Prints each failed test with its output, the skipped ones with their reasons, a table by label, and as
the last line `N passed, N failed, N skipped`. Each --failure counts as one failed test (a build that
broke). Exit status 1 if anything failed, if a file is missing or unreadable, or if no test passed or
failed at all: a run that checked nothing is not a success.
"""

import argparse
import re
import sys
import xml.etree.ElementTree as ElementTree

MAX_OUTPUT_LINES = 60
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def classify(case):
    """('passed' | 'failed' | 'skipped', reason) of one <testcase> element."""
    # GoogleTest's own report has a result beside its status.
    if case.get("result") == "suppressed":
        return "skipped", "disabled in the source"
    # Only ctest's status tells enough; elsewhere the children do.
    if case.get("status") is None or case.get("result") is not None:
        return classify_by_children(case)
    status = case.get("status")
    output = case.findtext("system-out") or ""
    if status == "run" and case.find("failure") is None and case.find("error") is None:
        return "passed", ""
    if status == "disabled":
        return "skipped", "disabled in the source"
    skipped = case.find("skipped")
    # ctest says `notrun` both for a test that skipped itself and for one that could not be started
    # (not built, a missing file); only the message tells them apart.
    if status == "notrun" and skipped is not None and skipped.get("message", "").startswith("SKIP_"):
        return "skipped", skip_reason(output)
    if skipped is not None and skipped.get("message"):
        return "failed", skipped.get("message")
    return "failed", ""


def classify_by_children(case):
    for kind in ("failure", "error"):
        found = case.find(kind)
        if found is not None:
            return "failed", first_line(found.get("message", ""))
    skipped = case.find("skipped")
    if skipped is not None:
        return "skipped", first_line(skipped.get("message", "")) or "no reason given"
    return "passed", ""


def first_line(text):
    lines = text.strip().splitlines()
    return lines[0] if lines else ""


def case_output(case):
    """What the test printed: ctest has it in <system-out>, others in the failure itself too."""
    parts = [case.findtext(kind) or "" for kind in ("failure", "error", "system-out", "system-err")]
    return COLOUR.sub("", "\n".join(part.strip("\n") for part in parts if part.strip()))


def skip_reason(output):
    """GoogleTest prints `file:line: Skipped` and the reason below; scripts print `SKIP: reason`."""
    lines = output.splitlines()
    for index, line in enumerate(lines):
        if line.startswith("SKIP: "):
            return line[len("SKIP: "):]
        if line.endswith(": Skipped") and index + 1 < len(lines) and lines[index + 1].strip():
            return lines[index + 1].strip()
    return "no reason given"


def print_output(output):
    lines = output.splitlines()
    if len(lines) > MAX_OUTPUT_LINES:
        print(f"    ... {len(lines) - MAX_OUTPUT_LINES} lines left out")
        lines = lines[-MAX_OUTPUT_LINES:]
    for line in lines:
        print("    " + line)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--failure", action="append", default=[], metavar="TEXT")
    parser.add_argument("files", nargs="*", metavar="LABEL=FILE")
    arguments = parser.parse_args()

    total = {"passed": 0, "failed": 0, "skipped": 0}
    table = {}
    skips = []
    for text in arguments.failure:
        print(f"FAILED {text}")
        total["failed"] += 1
    for argument in arguments.files:
        label, _, path = argument.partition("=")
        counts = {"passed": 0, "failed": 0, "skipped": 0}
        try:
            cases = list(ElementTree.parse(path).getroot().iter("testcase"))
        except (OSError, ElementTree.ParseError) as error:
            print(f"FAILED {label}: no readable results: {error}")
            counts["failed"] += 1
            cases = []
        for case in cases:
            kind, reason = classify(case)
            counts[kind] += 1
            name = f"{label} {case.get('name', '(no name)')}"
            if kind == "failed":
                print(f"FAILED {name}" + (f": {reason}" if reason else ""))
                print_output(case_output(case))
            elif kind == "skipped":
                skips.append((reason, name))
        row = table.setdefault(label, {"passed": 0, "failed": 0, "skipped": 0})
        for kind, count in counts.items():
            row[kind] += count
            total[kind] += count

    if skips:
        print("skipped:")
    for reason, name in skips:
        print(f"  {name}: {reason}")
    for label, counts in table.items():
        print(f"{label:<10} {counts['passed']:>6} passed {counts['failed']:>6} failed "
              f"{counts['skipped']:>6} skipped")
    checked = total["passed"] + total["failed"]
    if checked == 0:
        print("no test ran")
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
