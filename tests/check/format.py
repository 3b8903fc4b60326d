"""Every C++ source must be formatted as .clang-format says; names those that are not."""
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

root = Path(__file__).resolve().parents[2]
listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.cpp", "*.hpp"],
                        cwd=root, capture_output=True, text=True, check=True).stdout.split()
files = [name for name in listed if (root / name).exists()]


def unformatted(names):
    done = subprocess.run(["clang-format-14", "--dry-run", *names], cwd=root, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return set(re.findall(r"^(\S+?):\d+:\d+: warning: code should be clang-formatted", done.stderr, re.MULTILINE))


halves = [half for half in (files[::2], files[1::2]) if half]
with ThreadPoolExecutor() as pool:
    bad = sorted(set().union(*pool.map(unformatted, halves)))
for name in bad:
    print(f"{name}: not formatted; run: clang-format-14 -i {name}")
print(f"{len(files)} files, {len(bad)} not formatted")
sys.exit(1 if bad or not files else 0)
