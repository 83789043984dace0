"""Coverage-guided fuzzing of each target, for a number of seconds.

Rule: a target is fuzzed in a process of its own, from the corpus beside this file. The cache keeps
each input that reached something new; `--keep` adds the shortest of them to the corpus.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
CACHE = HERE.parent.parent / ".cache" / "fuzz"
TARGETS = ("session", "simulator", "client")
MAX_OCTETS = 400  # octets of an input; a dozen PDUs
TIMEOUT = 10  # seconds for one input
MAX_INPUTS = 250  # of a target in the corpus


def inputs(target: str) -> list[bytes]:
    """Return the corpus of a target: one input per line, in hexadecimal."""
    lines = (CORPUS / f"{target}.hex").read_text(encoding="ascii").split()
    return [bytes.fromhex(line) for line in lines]


def unpack(target: str) -> Path:
    """Write the corpus as files for the fuzzer; return their folder."""
    folder = CACHE / target
    folder.mkdir(parents=True, exist_ok=True)
    for octets in inputs(target):
        (folder / hashlib.sha1(octets, usedforsecurity=False).hexdigest()).write_bytes(octets)
    return folder


def run(target: str, *arguments: str) -> int:
    """Run the fuzzer in a process of its own; return its exit code."""
    command = [sys.executable, __file__, "--inside", target, *arguments]
    return subprocess.run(command, check=False).returncode  # noqa: S603 - this file


def fuzz(target: str, seconds: int) -> int:
    """Fuzz a target; an input that fails is printed, and kept in the cache."""
    folder = unpack(target)
    print(f"== {target}: {seconds} s from {len(list(folder.iterdir()))} inputs", flush=True)
    return run(
        target,
        f"-max_total_time={seconds}",
        f"-max_len={MAX_OCTETS}",
        f"-timeout={TIMEOUT}",
        f"-artifact_prefix={CACHE}/{target}-",
        "-print_final_stats=1",
        "-verbosity=0",
        str(folder),
    )


def keep(target: str) -> None:
    """Add the shortest inputs found to the corpus."""
    corpus = inputs(target)
    found = {path.read_bytes() for path in (CACHE / target).iterdir()} - {*corpus, b""}
    shortest = sorted(found, key=lambda octets: (len(octets), octets))
    corpus += shortest[: max(0, MAX_INPUTS - len(corpus))]
    text = "".join(f"{octets.hex()}\n" for octets in corpus)
    (CORPUS / f"{target}.hex").write_text(text, encoding="ascii")


def run_fuzzer(target: str, arguments: list[str]) -> None:
    """Run the fuzzer in this process; never returns."""
    import atheris  # noqa: PLC0415 - not in the environment of the tests

    with atheris.instrument_imports(include=["pdu", "smsc_async"]):
        from fuzzed import TARGETS as FUNCTIONS  # noqa: PLC0415 - instrumented on import

    atheris.Setup([sys.argv[0], *arguments], FUNCTIONS[target])
    atheris.Fuzz()


def main() -> int:
    """Fuzz every target, or those named."""
    if sys.argv[1:2] == ["--inside"]:
        run_fuzzer(sys.argv[2], sys.argv[3:])
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--target", choices=TARGETS, action="append")
    parser.add_argument("--keep", action="store_true", help="add to the corpus afterwards")
    options = parser.parse_args()
    failed = [target for target in options.target or TARGETS if fuzz(target, options.seconds)]
    if options.keep and not failed:
        for target in options.target or TARGETS:
            keep(target)
    print(f"FAILED: {', '.join(failed)}; inputs in {CACHE}" if failed else "nothing found")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
