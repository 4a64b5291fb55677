

# What the test adds to the manual's own text: cases come in, what was verified goes out.
import json
import sys

answers = []
for case in json.load(sys.stdin):
    query = case.pop("query")
    options = {name: value for name, value in case.items() if value is not None}
    parsed = dict(parse_qsl(query, keep_blank_values=True))
    answers.append([verify_return(query, **options), verify_return(parsed, **options)])
print(json.dumps(answers))
