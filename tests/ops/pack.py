"""Packs programs and their traces into one file, a program a line: pack.py DIRECTORY > data/NAME.ndjson

DIRECTORY holds NAME.json and NAME.trace of each program.
"""
import json
import pathlib
import sys

for file in sorted(pathlib.Path(sys.argv[1]).glob("*.json")):
    program, trace = json.loads(file.read_text()), file.with_suffix(".trace").read_text()
    print(json.dumps({"name": file.stem, "program": program, "trace": trace}, separators=(",", ":")))
