/** `npm run docs:generate`: writes what follows from the code; `-- PART` only the files whose path holds it. */
import { writeFileSync } from 'node:fs';
import { generatedFiles } from './files.ts';

const [part = ''] = process.argv.slice(2);

for (const [path, text] of Object.entries(generatedFiles())) {
  if (!path.includes(part)) continue;
  writeFileSync(new URL(`../../${path}`, import.meta.url), text);
  process.stderr.write(`${path}\n`);
}
