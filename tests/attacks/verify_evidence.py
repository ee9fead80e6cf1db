"""Verifies an unpacked archive of evidence, with nothing but Python: `python3 verify_evidence.py FOLDER`.

It is what an outsider would write who has read README.txt, and imports nothing of the add-on.
"""

import hashlib
import json
import sys
from pathlib import Path


def verify(folder):
    """Return what is wrong, a line each, and how many files and rows were verified."""
    faults, files, rows = [], 0, 0
    sums = dict(
        reversed(line.split("  ", 1))
        for line in (folder / "SHA256SUMS").read_text("ascii").splitlines()
    )
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    if found != {*sums, "SHA256SUMS"}:
        faults.append(f"not the files that are listed: {sorted(found ^ {*sums, 'SHA256SUMS'})}")
    for path, sha256 in sums.items():
        files += 1
        if hashlib.sha256((folder / path).read_bytes()).hexdigest() != sha256:
            faults.append(f"{path} was changed")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    noted = set()
    for entry in manifest["files"]:
        if entry.get("field") and not entry["is_intact"]:
            faults.append(f"{entry['record']} is not what was stored")
        if entry.get("path") and sums.get(entry["path"]) != entry["sha256"]:
            faults.append(f"{entry['path']} is not the one of the manifest")
    for path in folder.glob("*/**/*.json"):
        log = json.loads(path.read_text("utf-8"))
        previous, position = "", 0
        for row in log["rows"]:
            rows += 1
            position += 1
            text = json.dumps([row["position"], row["previous_hash"], *row["values"]])
            if hashlib.sha256(text.encode()).hexdigest() != row["hash"]:
                faults.append(f"{path.name} {row['position']} was changed")
            # What others have signed with a lent certificate is no whole chain: their company has that.
            if "heads" not in log:
                continue
            if (row["position"], row["previous_hash"]) != (position, previous):
                faults.append(f"{path.name} {row['position']} does not follow from the one before")
            previous = row["hash"]
            if "changes" in log["fields"]:
                values = dict(zip(log["fields"], row["values"], strict=True))
                noted |= {str(change[-1]) for change in json.loads(values["changes"])}
        heads = log.get("heads", ())
        end = max(((head["count"], head["hash"]) for head in heads), default=(0, ""))
        if "heads" in log and end != (position, previous):
            faults.append(f"{path.name} does not end where its head says")
    # The history vouches for the files.
    own = {company["id"] for company in manifest["companies"]}
    faults += [
        f"the history does not know {entry['path']}"
        for entry in manifest["files"]
        if entry.get("field") and entry["company_id"] in own and entry["sha256"] not in noted
    ]
    return faults, files, rows


if __name__ == "__main__":
    faults, files, rows = verify(Path(sys.argv[1]))
    sys.stdout.write(json.dumps({"faults": faults, "files": files, "rows": rows}))
    sys.exit(bool(faults))
