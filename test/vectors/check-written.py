"""Checks that this Python loads what writePickle writes, for each value of pickles.jsonl. Python 2.7 or 3, and node:

    npm run build; python test/vectors/check-written.py dist
"""

import binascii
import importlib
import json
import os
import pickle
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)
recorder = importlib.import_module('record-pickles')

REWRITE = """
const [dist, path] = process.argv.slice(1);
const { readFileSync } = await import("node:fs");
const { readPickle } = await import(`${dist}/wire/dispy/pickle/read.js`);
const { writePickle } = await import(`${dist}/wire/dispy/pickle/write.js`);
for (const line of readFileSync(path, "ascii").trimEnd().split("\\n")) {
  const written = writePickle(readPickle(Buffer.from(JSON.parse(line).hex, "hex")));
  console.log(Buffer.from(written).toString("hex"));
}
"""


def as_loaded(value):
    """What `value` of pickles.jsonl is here: bytes are str under Python 2, and so text where they can be."""
    if isinstance(value, list):
        return [as_loaded(item) for item in value]
    if isinstance(value, dict) and 'bytes' in value:
        return recorder.describe(binascii.unhexlify(value['bytes']))
    return dict((tag, as_loaded(item)) for tag, item in value.items()) if isinstance(value, dict) else value


def main(dist):
    path = os.path.join(HERE, 'pickles.jsonl')
    command = ['node', '--input-type=module', '--eval', REWRITE, os.path.abspath(dist), path]
    written = subprocess.check_output(command).decode('ascii').split()
    with open(path) as lines:
        expected = [json.loads(line) for line in lines]
    assert len(written) == len(expected)
    for digits, line in zip(written, expected):
        loaded = pickle.loads(binascii.unhexlify(digits))
        assert recorder.describe(loaded) == as_loaded(line['value']), (line['name'], line['from'], loaded)
        if line['name'].startswith('message') and loaded is not None:
            assert all(type(key) is str for key in loaded), 'a key that is no native str'
            assert all(type(address) is str for address in loaded.get('ip_addrs', [])), 'an address likewise'
    print('%s: %d pickles, all equal' % (sys.version.split()[0], len(written)))


if __name__ == '__main__':
    main(sys.argv[1])
