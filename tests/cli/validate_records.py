#!/usr/bin/python3
"""Validates records against a JSON Schema: validate_records.py SCHEMA RECORDS.jsonl

Prints one line for each record: "valid", or why not. Exit code 0 if all are valid, 1 if not, 2 if
it cannot tell. Needs Debian's python3-jsonschema, hence Debian's own python3.
"""
import json
import sys

try:
    import jsonschema
except ImportError:
    print("validate_records.py: python3-jsonschema is missing (./ag setup native installs it)",
          file=sys.stderr)
    sys.exit(2)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    all_valid = True
    with open(sys.argv[2], encoding="utf-8") as file:
        for line in file:
            # best_match looks into anyOf for the mistake that is meant.
            error = jsonschema.exceptions.best_match(validator.iter_errors(json.loads(line)))
            all_valid = all_valid and error is None
            print("valid" if error is None else f"{error.json_path}: {error.message[:200]}")
    return 0 if all_valid else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print("usage: validate_records.py SCHEMA RECORDS.jsonl", file=sys.stderr)
        sys.exit(2)
    sys.exit(main())
