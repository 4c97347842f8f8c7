#!/usr/bin/env python3
"""Runs the fuzz targets for a while, several at once, and says what they found.

usage: run.py BUILD [--seconds N] [--jobs N] [--junit FILE] [TARGET...]

BUILD is a build folder of the preset `fuzz`. A target starts from its generated seeds, from past
findings (tests/fuzz/findings/TARGET) and from what earlier runs learned (BUILD/corpus/TARGET). An
input that breaks a promise, takes too long or too much memory is written to BUILD/findings/TARGET;
its path and the command that shows it again are printed, and the exit status is 1.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# The longest input of each target: room for what its seeds hold, small enough to stay fast.
MAX_LENGTH = {"image": 16384, "exif": 4096, "model": 65536, "dataset": 4096, "stream": 4096}
SECONDS_AN_INPUT = 20  # with sanitizers, on a busy machine
MEMORY_MB = 2048
SHOWN_LINES = 40
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


def run_target(target, build, seconds):
    """(seconds taken, output, path of what was found or None, trouble or None)"""
    learned = build / "corpus" / target
    found = build / "findings" / target
    for folder in (learned, found):
        folder.mkdir(parents=True, exist_ok=True)
    before = set(found.iterdir())
    command = [
        str(build / "bin" / f"fuzz_{target}"),
        f"-max_total_time={seconds}",
        f"-max_len={MAX_LENGTH.get(target, 4096)}",
        f"-timeout={SECONDS_AN_INPUT}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-artifact_prefix={found}/",
        "-print_final_stats=1",
        str(learned),
        str(build / "seeds" / target),
    ]
    past = HERE / "findings" / target
    if past.is_dir():
        command.append(str(past))
    started = time.monotonic()
    # A target prints whatever bytes it was given.
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          stdin=subprocess.DEVNULL, env=os.environ | SANITIZERS)
    taken = time.monotonic() - started
    output = done.stdout.decode("utf-8", "replace")
    (build / f"fuzz_{target}.log").write_text(output)
    new = sorted(set(found.iterdir()) - before)
    runs = re.search(r"stat::number_of_executed_units: (\d+)", output)
    count = int(runs.group(1)) if runs else 0
    if done.returncode != 0:
        return taken, output, new[0] if new else None, f"exit status {done.returncode}"
    seeds = len(list((build / "seeds" / target).iterdir()))
    if count <= seeds:
        return taken, output, None, f"only {count} inputs were tried, {seeds} of them seeds"
    print(f"{target}: {count} inputs in {taken:.0f} s, none breaks a promise", flush=True)
    return taken, output, None, None


def shown(path):
    path = pathlib.Path(path)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def report(target, build, path, trouble):
    if path is None:
        return f"{trouble} ({shown(build / f'fuzz_{target}.log')})"
    return (f"{shown(path)}\n"
            f"  to see it again: {shown(build / 'bin' / f'fuzz_{target}')} {shown(path)}\n"
            f"  once it is cured: mkdir -p tests/fuzz/findings/{target} && "
            f"cp {shown(path)} tests/fuzz/findings/{target}/ (replayed by every test run)")


def printable(text):
    """What XML 1.0 can hold."""
    return re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd]", "?", text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="targets at once")
    parser.add_argument("--junit", type=pathlib.Path)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    arguments = parser.parse_intermixed_args()
    build = arguments.build.resolve()

    subprocess.run([str(build / "bin" / "make_fuzz_corpus"), str(build / "seeds")], check=True)
    known = sorted(folder.name for folder in (build / "seeds").iterdir())
    for target in arguments.targets:
        if target not in known:
            parser.error(f"no target '{target}'; there are: {' '.join(known)}")
    targets = arguments.targets or known

    suite = ElementTree.Element("testsuite", name="fuzz")
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max(1, arguments.jobs)) as pool:
        results = pool.map(lambda target: run_target(target, build, arguments.seconds), targets)
        for target, (taken, output, path, trouble) in zip(targets, results):
            case = ElementTree.SubElement(suite, "testcase", name=f"fuzz_{target}",
                                          classname="fuzz", time=f"{taken:.1f}")
            if trouble is None:
                continue
            failed += 1
            text = report(target, build, path, trouble)
            print(f"{target}: FOUND {text}", flush=True)
            last = "\n".join(output.splitlines()[-SHOWN_LINES:])
            failure = ElementTree.SubElement(case, "failure", message=printable(text.splitlines()[0]))
            # The end of the output is what the summary shows.
            failure.text = printable(f"{last}\n{text}")
    if arguments.junit:
        ElementTree.ElementTree(suite).write(arguments.junit, encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
