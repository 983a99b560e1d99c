"""Records what real Pythons pickle, for test/unit/wire/pickle.test.ts. Runs under Python 2.7 and every Python 3.

    rm pickles.jsonl; for each python: python record-pickles.py pickles.jsonl

Each run adds to the file. A line is {"name", "from": ["version/protocol", ...], "hex", "value"}, with a c behind the version
for Python 2's cPickle, the one that dispy uses. `value` is what Python loads, with the types that JSON lacks spelled as
{"int": text}, {"float": repr}, {"bytes": hex}, {"tuple": [...]}, {"set": [...]}, {"dict": [[key, value], ...]},
{"object": [module, name, arguments, state]}. Python 2's str counts as text where it is valid UTF-8. Where dispy is
installed its own class is recorded, elsewhere one of the same name and module.
"""

import binascii
import collections
import hashlib
import io
import json
import math
import os
import pickle
import sys
import types

PYTHON2 = sys.version_info[0] == 2
if PYTHON2:
    import cPickle
    PICKLERS = [('c', cPickle.dumps), ('', pickle.dumps)]
    INTEGERS, TEXT = (int, long), unicode  # noqa: F821
else:
    PICKLERS = [('', pickle.dumps)]
    INTEGERS, TEXT = (int,), str

try:
    from dispy import DispyNodeAvailInfo
except ImportError:  # the same class, in a module of the same name
    class DispyNodeAvailInfo(object):
        def __init__(self, cpu, memory, disk, swap):
            self.cpu = cpu
            self.memory = memory
            self.disk = disk
            self.swap = swap

    DispyNodeAvailInfo.__module__ = 'dispy'
    sys.modules['dispy'] = types.ModuleType('dispy')
    sys.modules['dispy'].DispyNodeAvailInfo = DispyNodeAvailInfo


def fields(*pairs):
    """A dict in this order, where Python keeps one."""
    made = {}
    for key, value in pairs:
        made[key] = value
    return made


def fresh(text):
    """Another object of the same text, as if it had come off the network."""
    return ''.join(list(text))


def auth_code(secret, sign):
    code = hashlib.sha1((secret + sign).encode('ascii')).hexdigest()
    return code if PYTHON2 else code.encode('ascii')


def messages():
    """dispy's messages, with the fields, types and order of its source."""
    sign = hashlib.sha1(b'scheduler').hexdigest()
    node_sign = hashlib.sha1(b'node').hexdigest()
    secret = 'cluster secret'
    platform = 'Linux-6.1.0-13-amd64-x86_64-with-glibc2.36'

    def ping(version='4.15.2', port=9700, addresses=('10.71.1.5', 'fd00:71::5')):
        return fields(('version', version), ('sign', sign), ('port', port),
                      ('ip_addrs', [fresh(address) for address in addresses]))

    def relayed(message, **options):
        message['relay'] = 'y'
        if options.get('auth', True):
            message['auth'] = auth_code(secret, sign)
        message['scheduler_ip_addr'] = message['ip_addrs'][0]
        return message

    def pong(info):
        return fields(('port', 9701), ('sign', node_sign), ('version', '4.15.2'), ('name', 'node-07.lab.example'),
                      ('cpus', 16), ('platform', platform), ('auth', auth_code(secret, sign)), ('avail_info', info),
                      ('ip_addr', '10.71.2.14'), ('scheduler_ip_addr', '10.71.1.5'))

    to_host = fields(('version', '4.12.4'), ('sign', sign), ('port', 61590), ('node_ip_addr', '10.71.2.1'))
    to_host['ip_addrs'] = ['10.71.1.5']
    no_sign = fields(('version', '4.15.2'), ('ip_addrs', ['10.71.1.5']), ('port', 9700), ('sign', None))
    introduction = fields(('ip_addrs', ['10.71.1.5']), ('port', 9700), ('version', '4.15.2'), ('relay', 'y'))
    return [
        ('message 1 ping', ping()),
        ('message 1 ping, 4.10', ping('4.10.6', 51347, ['192.168.7.20'])),
        ('message 1 ping, before 4.2', fields(('ip_addr', '192.168.7.20'), ('port', 51347), ('sign', sign),
                                              ('version', '3.15'))),
        ('message 2 ping to a host', to_host),
        ('message 3 relay info', relayed(ping())),
        ('message 3 relay info without sign', relayed(no_sign, auth=False)),
        ('message 3 answer', fields(('sign', sign), ('ip_addrs', ['10.71.1.5']), ('port', 9700))),
        ('message 3 answer none', None),
        ('message 4 relayed ping', relayed(ping('4.12.4', 61590, ['10.71.1.5', '172.17.0.1', 'fe80::1%eth0']))),
        ('message 5 node free', fields(('ip_addr', '10.71.2.14'), ('port', 9701), ('sign', node_sign),
                                       ('version', '4.15.2'), ('scheduler_ip_addr', None))),
        ('message 6 introduction', introduction),
        ('message 6 introduction with sign', fields(*(list(introduction.items()) + [('sign', sign)]))),
        ('message 7 pong', pong(None)),
        ('message 7 pong with record', pong(DispyNodeAvailInfo(97.25, 16437846016, 250 * 2 ** 30, 100.0))),
        ('message 7 pong with bare record', pong(DispyNodeAvailInfo(None, 0, -1, None))),
        ('message 8 node ends', fields(('ip_addr', '10.71.2.14'), ('port', 9701), ('sign', node_sign))),
    ]


def values():
    text = u'text'
    nested = []
    for _ in range(15):
        nested = [nested]
    found = [('none', None), ('true', True), ('false', False)]
    found += [('integer %d' % value, value) for edge in (0, 2 ** 7, 2 ** 8, 2 ** 15, 2 ** 16, 2 ** 31, 2 ** 32,
                                                         2 ** 53, 2 ** 63, 2 ** 64, 2 ** 200)
              for value in (edge - 1, edge, -edge)]
    found += [('float %r' % value, value) for value in (0.0, -0.0, 1.0, -2.5, 0.1, 1e16, 5e-324,
                                                        1.7976931348623157e308, float('inf'), float('-inf'),
                                                        float('nan'))]
    found += [('text %d' % index, value) for index, value in enumerate([
        u'', u'a', u'text', u'back\\slash \\u0041 "quotes" \'both\'', u'line\nfeed\r\ttab\x00nul\x1aend\x7f',
        u'\x80\xff\xe9', u'\u20ac\u2028\ufffd', u'\U0001f600', u'\ufeffmark', u'x' * 255, u'x' * 256, u'\xe9' * 130,
        u'__proto__'])]
    found += [('bytes %d' % index, value) for index, value in enumerate([
        b'', b'a', b'\x00\xff', b'\\\'"\n\r\t', bytes(bytearray(range(256))), b'y' * 256])]
    found += [('tuple %d' % count, tuple(range(count))) for count in (0, 1, 2, 3, 4)]
    found += [('list %d' % count, [7] * count) for count in (0, 1, 2)]
    found += [('dict %d' % count, dict.fromkeys(range(count))) for count in (0, 1, 2)]
    found += [('set %d' % count, set(range(count))) for count in (0, 1, 3)]
    found += [('frozenset %d' % count, frozenset(range(count))) for count in (0, 1, 3)]
    found += [
        ('keys', {u'__proto__': u'x', u'constructor': 1, (1, u'a'): None, b'\xff': 2, None: 3, 1.5: 4, 2 ** 70: 5}),
        ('mixed', {u'list': [1, (2, [3, {u'deep': {u'er': [True, None, 1.0]}}])], u'set': {u'a', u'b'}}),
        ('deepest', nested),
        ('shared text', [text, text, {text: text}]),
        ('bytes twice', [b'\xff\x00', b'\xfe\x01', b'', b'\xff\x00']),
        ('sets twice', [set([1]), set([2]), frozenset([3]), frozenset()]),
        ('records twice', [DispyNodeAvailInfo(1.0, 2, 3, 4.5), DispyNodeAvailInfo(5.0, 6, 7, 8.5)]),
    ]
    return found


def describe(value):
    if value is None or isinstance(value, (bool, TEXT)):
        return value
    if isinstance(value, INTEGERS):
        return value if abs(value) < 2 ** 53 else {'int': '%d' % value}
    if isinstance(value, float):
        return {'float': 'nan' if math.isnan(value) else repr(value)}
    if isinstance(value, (bytes, bytearray)):
        return describe_bytes(bytes(value), isinstance(value, str))
    if isinstance(value, tuple):
        return {'tuple': [describe(item) for item in value]}
    if isinstance(value, list):
        return [describe(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return {'set': in_order(describe(item) for item in value)}
    if isinstance(value, dict):
        return {'dict': in_order([describe(key), describe(item)] for key, item in value.items())}
    return {'object': [type(value).__module__, type(value).__name__, [], describe(value.__dict__)]}


def in_order(items):
    return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))


def describe_bytes(value, maybe_text):
    if maybe_text:
        try:
            return value.decode('utf-8')
        except UnicodeDecodeError:
            pass
    return {'bytes': binascii.hexlify(value).decode('ascii')}


def record(lines):
    version = '%d.%d.%d' % sys.version_info[:3]
    everything = [(name, value, 0) for name, value in messages() + values()]
    everything.append(('bytearray', bytearray(b'\x00\xff'), 5))
    # Written in batches of 1000. Long, so at few protocols.
    everything.append(('list 1001', [7] * 1001, 2 if PYTHON2 else 5))
    everything.append(('dict 1001', dict.fromkeys(range(1001), 7), 2 if PYTHON2 else 5))
    for name, value, since in everything:
        for suffix, dumps in PICKLERS:
            for protocol in range(since, pickle.HIGHEST_PROTOCOL + 1):
                data = dumps(value, protocol)
                assert describe(pickle.loads(data)) == describe(value), (name, version, protocol)
                key = (name, binascii.hexlify(data).decode('ascii'))
                line = lines.setdefault(key, {'name': name, 'from': [], 'hex': key[1], 'value': describe(value)})
                assert line['value'] == json.loads(json.dumps(describe(value))), (name, version, protocol)
                line['from'].append('%s%s/%d' % (version, suffix, protocol))


def main(path):
    lines = collections.OrderedDict()
    if os.path.exists(path):
        with io.open(path, encoding='ascii') as known:
            for line in known:
                line = json.loads(line)
                lines[(line['name'], line['hex'])] = line
    record(lines)
    with io.open(path, 'w', encoding='ascii') as out:
        for line in lines.values():
            out.write(json.dumps(line, sort_keys=True, separators=(',', ':')).encode('ascii').decode('ascii') + u'\n')


if __name__ == '__main__':
    main(sys.argv[1])
