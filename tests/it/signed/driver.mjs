
// What the test adds to the manual's own text: cases come in, what was verified goes out.
import { readFileSync } from "node:fs";

const cases = JSON.parse(readFileSync(0, "utf8"));
const answers = cases.map(({ query, names, ...given }) => {
  const options = { ...given, publicKeys: given.public_keys, names: names ?? undefined };
  const parsed = Object.fromEntries(new URLSearchParams(query));
  return [verifyReturn(query, options), verifyReturn(parsed, options)];
});
console.log(JSON.stringify(answers));
