#!/usr/bin/env bash
#
# schema.sh - every document that namesake prints fits the schema that it
# prints. Skipped (77) without python3-jsonschema.
#
# Usage: tests/schema.sh NAMESAKE

set -euo pipefail

namesake=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")"

python=''
for candidate in /usr/bin/python3 python3; do
    "$candidate" -c 'from jsonschema import Draft202012Validator' 2>/dev/null || continue
    python=$candidate
    break
done
if [ -z "$python" ]; then
    echo "skipped: python3-jsonschema is not installed"
    exit 77
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/schema" "$folder/given" "$folder/documents" "$folder/state"
export NAMESAKE_STATE_DIR=$folder/state NAMESAKE_CONFIG=none

for name in audit plan result verify events facts headers trace config; do
    "$namesake" schema "$name" >"$folder/schema/$name.json"
done

# print NAME ARGUMENT...: the document of one command line; its exit code is its own affair.
print() {
    local name=$1
    shift
    "$namesake" -o json "$@" >"$folder/documents/$name.json" 2>/dev/null </dev/null || true
}

"$python" - cases/audit "$folder/given" <<'END'
import json, pathlib, sys
for case in pathlib.Path(sys.argv[1]).glob('*.json'):
    facts = json.loads(case.read_text())['facts']
    pathlib.Path(sys.argv[2], case.name).write_text(json.dumps(facts) + '\n')
END
for case in "$folder"/given/*.json; do
    name=$(basename "$case" .json)
    print "audit-$name" audit --facts "$case" --record "$folder/documents/facts-$name.json"
done
# All of them in one run, as JSON Lines, in the formats for other readers.
cat "$folder"/given/*.json >"$folder/all.jsonl"
mkdir "$folder/lines"
for format in jsonl table markdown nagios text; do
    "$namesake" audit --facts "$folder/all.jsonl" -o "$format" >"$folder/lines/$format" \
        2>/dev/null || [ $? = 2 ]
done
for command in audit plan apply verify rollback ticket headers trace observe doctor show explain schema \
    completion; do
    print "usage-$command" "$command" --no-such-option
    print "value-$command" "$command" --timeout soon
done
for message in cases/headers/*.eml; do
    print "headers-$(basename "$message" .eml)" headers "$message" \
        --record "$folder/documents/facts-$(basename "$message").json"
done
print no-message headers /nonexistent
print observe-nowhere observe
print trace-nowhere trace
print usage-none frobnicate
print usage-schema-name schema audti
print usage-facts audit --facts /nonexistent
print usage-plan apply /nonexistent.json
print usage-approve apply --approve 1 -n localhost 192.0.2.1
print no-run rollback
print no-file show /nonexistent.json

# What the report's own test compares with what is written.
for case in cases/report/*.json; do
    case $case in *.given.json) continue ;; esac
    cp "$case" "$folder/documents/report-$(basename "$case")"
done

"$python" - "$folder" <<'END'
import json, pathlib, sys
from jsonschema import Draft202012Validator as Validator

folder = pathlib.Path(sys.argv[1])
schemas = {}
failed = 0
counts = {}

def complain(text):
    global failed
    failed += 1
    print(text)

for path in folder.glob('schema/*.json'):
    schema = json.loads(path.read_text())
    Validator.check_schema(schema)
    schemas[path.stem] = Validator(schema)

for path in sorted(folder.glob('documents/*.json')):
    try:
        document = json.loads(path.read_text())
    except ValueError as mistake:
        complain(f'{path.name}: not one JSON document: {mistake}')
        continue
    kind = document.get('format', 'namesake.').split('.')[1]
    if kind not in schemas:
        complain(f'{path.name}: has no schema: {document.get("format")}')
        continue
    counts[kind] = counts.get(kind, 0) + 1
    for mistake in schemas[kind].iter_errors(document):
        complain(f'{path.name}: {mistake.json_path}: {mistake.message[:200]}')

# A schema that takes everything proves nothing: without any one documented key it has to complain.
for path in folder.glob('documents/report-*.json'):
    document = json.loads(path.read_text())
    validator = schemas[document['format'].split('.')[1]]
    for key in validator.schema['required']:
        less = {k: v for k, v in document.items() if k != key}
        if validator.is_valid(less):
            complain(f'{path.name}: still valid without {key}')
    if not validator.is_valid({**document, 'a_key_of_tomorrow': 1}):
        complain(f'{path.name}: unknown keys have to be ignored')

start = {'ts': '2026-11-23T03:12:09Z', 'seq': 1, 'event': 'start', 'level': 'info',
         'message': 'audit', 'format': 'namesake.events'}
end = {'ts': '2026-11-23T03:12:10Z', 'seq': 2, 'event': 'end', 'level': 'info',
       'message': 'over', 'exit_code': 2}
for event in (start, end, {**end, 'event': 'of_tomorrow'}):
    if not schemas['events'].is_valid(event):
        complain(f'events: {event} is not valid')
for event, key in ((start, 'format'), (end, 'exit_code'), (start, 'ts'), (start, 'message')):
    if schemas['events'].is_valid({k: v for k, v in event.items() if k != key}):
        complain(f'events: {event["event"]} is valid without {key}')

events = [json.loads(line) for line in (folder / 'lines/jsonl').read_text().splitlines()]
for event in events:
    for mistake in schemas['events'].iter_errors(event):
        complain(f'jsonl: event {event["seq"]}: {mistake.message[:200]}')
given = len(list(folder.glob('given/*.json')))
if [event['seq'] for event in events] != list(range(1, len(events) + 1)):
    complain('jsonl: the events are not numbered one after the other')
if sum(event['event'] == 'observed' for event in events) != given:
    complain(f'jsonl: not {given} addresses are observed')
if any(line.count('\t') != 6 for line in (folder / 'lines/table').read_text().splitlines()):
    complain('table: a line has not seven columns')
if len((folder / 'lines/nagios').read_text().splitlines()) != 1:
    complain('nagios: it is not one line')
for path in folder.glob('lines/*'):
    text = path.read_text()
    if any(ord(c) < 32 and c not in '\n\t' or 127 <= ord(c) < 160 for c in text):
        complain(f'{path.name}: holds control characters')
    if not text.strip():
        complain(f'{path.name}: is empty')

for kind in ('audit', 'facts', 'headers', 'plan', 'result', 'verify'):
    if not counts.get(kind):
        complain(f'no {kind} document was checked')
print(', '.join(f'{n} {kind}' for kind, n in sorted(counts.items())), 'documents checked')
sys.exit(failed > 0)
END
