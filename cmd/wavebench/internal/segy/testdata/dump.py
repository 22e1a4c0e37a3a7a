"""Prints what segyio reads from a SEG-Y file as JSON. Usage: dump.py FILE"""
import json
import sys

import segyio

with open(sys.argv[1], "rb") as raw:
    text = raw.read(3200).decode("cp037")

with segyio.open(sys.argv[1], strict=False, ignore_geometry=True) as f:
    print(json.dumps({
        "text": [text[i:i + 80] for i in range(0, 3200, 80)],
        "ext_headers": f.ext_headers,
        "binary": {str(int(k)): v for k, v in f.bin.items()},
        "interval_us": segyio.tools.dt(f),
        "times_ms": f.samples.tolist(),
        "format": int(f.format),
        "headers": [{str(int(k)): v for k, v in h.items()} for h in f.header],
        "samples": [t.tolist() for t in f.trace],
    }))
