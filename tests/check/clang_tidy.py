"""clang-tidy over every source of the dev build, two at a time.

A source is checked again only when it, one of the house's headers it includes, its flags or .clang-tidy
changed: what Ninja knows about dependencies is the key, and good results stay in .check/tidy.
"""
import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

root = Path(__file__).resolve().parents[2]
folder = root / "build" / "dev"
results = root / ".check" / "tidy"
results.mkdir(parents=True, exist_ok=True)


def dependencies():
    """object file -> headers of the house that it was compiled from"""
    listing = subprocess.run(["ninja", "-C", str(folder), "-t", "deps"], capture_output=True, text=True,
                             check=True).stdout
    found, current = {}, None
    for line in listing.splitlines():
        if line and not line.startswith(" "):
            current = found.setdefault(line.split(":")[0], [])
        elif line.strip() and current is not None:
            path = (folder / line.strip()).resolve()
            if path.is_relative_to(root):
                current.append(path)
    return found


def object_of(entry):
    words = entry["command"].split()
    return words[words.index("-o") + 1]


def key(entry, headers):
    digest = hashlib.sha256((root / ".clang-tidy").read_bytes())
    digest.update(entry["command"].encode())
    for path in sorted(headers):
        digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()


def check(entry, headers):
    source = Path(entry["file"])
    good = results / key(entry, set(headers) | {source})
    if good.exists():
        return None
    done = subprocess.run(["clang-tidy-14", "--quiet", "-p", str(folder), "--extra-arg=-Wno-unknown-warning-option",
                           str(source)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode == 0:
        good.touch()
        return None
    return f"{source.relative_to(root)}\n{done.stdout}"


known = dependencies()
entries = [e for e in json.loads((folder / "compile_commands.json").read_text())
           if not Path(e["file"]).is_relative_to(folder)]
with ThreadPoolExecutor(max_workers=2) as pool:
    findings = [f for f in pool.map(lambda e: check(e, known.get(object_of(e), [])), entries) if f]
print("\n".join(findings))
print(f"{len(entries)} sources, {len(findings)} with findings")
sys.exit(1 if findings or not entries else 0)
