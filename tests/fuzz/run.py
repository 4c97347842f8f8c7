#!/usr/bin/env python3
"""Runs the fuzz targets for a while, several at once, and says what they found.

usage: run.py BUILD [--seconds N | --total N] [--jobs N] [--corpus FOLDER] [--findings FOLDER]
              [--junit FILE] [TARGET...]

BUILD is a build folder of the preset `fuzz`. A target starts from its generated seeds, from past
findings (tests/fuzz/findings/TARGET) and from what earlier runs learned (FOLDER/TARGET of --corpus,
which no `./ag clean` removes). How much was tried so far stands in FOLDER/executions.json.

An input that breaks a promise, takes too long or too much memory is written to BUILD/findings/TARGET,
made smaller, and copied into tests/fuzz/findings/TARGET under a name that says what broke, where the
replay finds it: to commit with the cure. Its path and the command that shows it again are printed, and the
exit status is 1.
"""

import argparse
import concurrent.futures
import datetime
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# The longest input of each target: room for what its seeds hold, small enough to stay fast.
MAX_LENGTH = {"image": 16384, "exif": 4096, "model": 65536, "dataset": 4096, "stream": 4096,
              "checkpoint": 4096}
SECONDS_AN_INPUT = 20  # with sanitizers, on a busy machine
MEMORY_MB = 2048
MINIMIZE_SECONDS = 60
LONGEST_NAME = 60
SHOWN_LINES = 40
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


class Place:
    """Where a run reads and writes."""

    def __init__(self, build, corpus, findings):
        self.build = build
        self.corpus = corpus
        self.findings = findings

    def program(self, target):
        return self.build / "bin" / f"fuzz_{target}"

    def log(self, target):
        return self.build / f"fuzz_{target}.log"


def shown(path):
    path = pathlib.Path(path)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def limits(target):
    return [f"-max_len={MAX_LENGTH.get(target, 4096)}", f"-timeout={SECONDS_AN_INPUT}",
            f"-rss_limit_mb={MEMORY_MB}"]


def run_program(command, most_seconds=None):
    """(exit status, output). A target prints whatever bytes it was given."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              stdin=subprocess.DEVNULL, env=os.environ | SANITIZERS,
                              timeout=most_seconds)
    except subprocess.TimeoutExpired as error:
        return -1, (error.stdout or b"").decode("utf-8", "replace")
    return done.returncode, done.stdout.decode("utf-8", "replace")


def executions_of(output):
    """The total at the end; of a run that was killed, what it said last."""
    total = re.search(r"stat::number_of_executed_units: (\d+)", output)
    if total:
        return int(total.group(1))
    counts = re.findall(r"^#(\d+)\s", output, re.MULTILINE)
    return int(counts[-1]) if counts else 0


def written_path(output):
    """Where libFuzzer says that it wrote an input that broke something, or None."""
    written = re.findall(r"Test unit written to (.+)$", output, re.MULTILINE)
    return pathlib.Path(written[-1]) if written and os.path.isfile(written[-1]) else None


# --- What was tried so far.


def add_executions(corpus, target, executions, seconds):
    """Adds a run to FOLDER/executions.json; the target's entry."""
    corpus.mkdir(parents=True, exist_ok=True)
    path = corpus / "executions.json"
    with open(corpus / "executions.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            totals = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            totals = {}
        except ValueError:
            print(f"{shown(path)} cannot be read: counting begins anew", flush=True)
            totals = {}
        today = datetime.date.today().isoformat()
        entry = totals.setdefault(target, {"executions": 0, "seconds": 0, "since": today})
        entry["executions"] += executions
        entry["seconds"] = round(entry["seconds"] + seconds, 1)
        entry["updated"] = today
        temporary = corpus / "executions.json.new"
        temporary.write_text(json.dumps(totals, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        temporary.replace(path)
    return entry


def totals_line(target, entry):
    return (f"{target}: {entry['executions']:,} executions so far, "
            f"{entry['seconds'] / 3600:.1f} hours since {entry['since']}")


# --- What to do with a finding.


def kind_of(output):
    """What broke, as a file's name: the broken promise, or the sanitizer's summary."""
    patterns = [
        (r"broken promise: ([^\n]*)", "{0}"),
        (r"SUMMARY: \w+: ([\w-]+)[^\n]*? in ([\w:~]+)", "{0}_in_{1}"),
        (r"SUMMARY: \w+: ([\w-]+(?: [\w-]+)*)", "{0}"),
    ]
    for pattern, text in patterns:
        found = re.search(pattern, output)
        if found:
            words = re.sub(r"[^a-z0-9]+", "_", text.format(*found.groups()).lower()).strip("_")
            if words:
                return words[:LONGEST_NAME].rstrip("_")
    return "crash"


def minimized(place, target, path):
    """(a smaller input that breaks the same, or `path` itself; what breaks)"""
    again = [str(place.program(target))] + limits(target)
    status, output = run_program(again + [str(path)], 2 * SECONDS_AN_INPUT)
    kind = kind_of(output)
    if status == 0:
        return path, None
    smaller = path.with_name(path.name + ".minimized")
    run_program(again + ["-minimize_crash=1", f"-max_total_time={MINIMIZE_SECONDS}",
                         f"-exact_artifact_path={smaller}", str(path)],
                MINIMIZE_SECONDS + 2 * SECONDS_AN_INPUT)
    if not smaller.is_file() or smaller.stat().st_size >= path.stat().st_size:
        return path, kind
    status, output = run_program(again + [str(smaller)], 2 * SECONDS_AN_INPUT)
    # While it was made smaller it may have come to break something else.
    return (smaller, kind) if status != 0 and kind_of(output) == kind else (path, kind)


def keep_as_test(place, target, path):
    """Copies the finding to where the replay reads it; its path there, or None if it does not come
    back (it broke by what ran before it)."""
    smallest, kind = minimized(place, target, path)
    if kind is None:
        return None
    folder = place.findings / target
    folder.mkdir(parents=True, exist_ok=True)
    content = smallest.read_bytes()
    name = folder / kind
    if name.exists() and name.read_bytes() != content:
        name = folder / f"{kind}_{hashlib.sha256(content).hexdigest()[:8]}"
    shutil.copyfile(smallest, name)
    return name


def report(place, target, path, kept):
    program = shown(place.program(target))
    if kept is None:
        return (f"{shown(path)}\n  it did not break a second time: {program} {shown(path)}\n"
                f"  the whole run: {shown(place.log(target))}")
    return (f"{shown(path)}\n"
            f"  minimised: {shown(kept)} ({kept.stat().st_size} bytes; every test run replays it: "
            "commit it with the cure)\n"
            f"  to see it again: {program} {shown(kept)}")


# --- A target's run.


def run_target(target, place, seconds):
    """(seconds taken, output, what went wrong or None)"""
    learned = place.corpus / target
    found = place.build / "findings" / target
    for folder in (learned, found):
        folder.mkdir(parents=True, exist_ok=True)
    command = [str(place.program(target)), f"-max_total_time={seconds}", *limits(target),
               f"-artifact_prefix={found}/", "-print_final_stats=1", str(learned),
               str(place.build / "seeds" / target)]
    past = HERE / "findings" / target
    if past.is_dir():
        command.append(str(past))
    started = time.monotonic()
    status, output = run_program(command)
    taken = time.monotonic() - started
    place.log(target).write_text(output, encoding="utf-8")
    count = executions_of(output)
    entry = add_executions(place.corpus, target, count, taken)
    trouble = None
    path = written_path(output)
    if status != 0 and path:
        trouble = report(place, target, path, keep_as_test(place, target, path))
    elif status != 0:
        trouble = f"exit status {status} ({shown(place.log(target))})"
    elif count <= len(list((place.build / "seeds" / target).iterdir())):
        trouble = f"only {count} inputs were tried, no more than its seeds ({shown(place.log(target))})"
    else:
        print(f"{target}: {count} inputs in {taken:.0f} s, none breaks a promise", flush=True)
    print(totals_line(target, entry), flush=True)
    return taken, output, trouble


def printable(text):
    """What XML 1.0 can hold."""
    return re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd]", "?", text)


def default_corpus():
    return pathlib.Path(os.environ.get("AG_FUZZ_CORPUS") or ROOT / ".fuzz")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    time_given = parser.add_mutually_exclusive_group()
    time_given.add_argument("--seconds", type=int, default=60, help="for each target")
    time_given.add_argument("--total", type=int, help="for all targets together")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="targets at once")
    parser.add_argument("--corpus", type=pathlib.Path, default=default_corpus(),
                        help="what runs learn (default: $AG_FUZZ_CORPUS or .fuzz)")
    parser.add_argument("--findings", type=pathlib.Path, default=HERE / "findings",
                        help="where minimised findings become tests")
    parser.add_argument("--junit", type=pathlib.Path)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    return parser, parser.parse_intermixed_args()


def main():
    parser, arguments = parse_arguments()
    place = Place(arguments.build.resolve(), arguments.corpus.resolve(),
                  arguments.findings.resolve())
    seeds = place.build / "seeds"
    shutil.rmtree(seeds, ignore_errors=True)  # no target that is no more
    subprocess.run([str(place.build / "bin" / "make_fuzz_corpus"), str(seeds)], check=True)
    known = sorted(folder.name for folder in seeds.iterdir())
    for target in arguments.targets:
        if target not in known:
            parser.error(f"no target '{target}'; there are: {' '.join(known)}")
    targets = arguments.targets or known
    seconds = arguments.seconds
    if arguments.total is not None:
        seconds = max(1, arguments.total // len(targets))

    suite = ElementTree.Element("testsuite", name="fuzz")
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max(1, arguments.jobs)) as pool:
        results = pool.map(lambda target: run_target(target, place, seconds), targets)
        for target, (taken, output, trouble) in zip(targets, results):
            case = ElementTree.SubElement(suite, "testcase", name=f"fuzz_{target}",
                                          classname="fuzz", time=f"{taken:.1f}")
            if trouble is None:
                continue
            failed += 1
            print(f"{target}: FOUND {trouble}", flush=True)
            last = "\n".join(output.splitlines()[-SHOWN_LINES:])
            failure = ElementTree.SubElement(case, "failure",
                                             message=printable(trouble.splitlines()[0]))
            # The end of the output is what the summary shows.
            failure.text = printable(f"{last}\n{trouble}")
    if arguments.junit:
        ElementTree.ElementTree(suite).write(arguments.junit, encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
