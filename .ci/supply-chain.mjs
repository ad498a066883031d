// What the program is made of (artefacts/sbom.cdx.json, CycloneDX), and whether any of it is known to be bad
// (artefacts/audit.json). Exit code 1: an advisory of severity high or critical for what is installed in production.
// A registry without advisories is said, and fails nothing.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = 'artefacts';
mkdirSync(folder, { recursive: true });

const npm = (...args) => spawnSync('npm', args, { encoding: 'utf8', maxBuffer: 2 ** 28 }).stdout;

const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
};

const keep = (name, text) => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

const writeBill = () => {
  const text = npm('sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev');
  const { components = [] } = parsed(text);
  if (components.length === 0) throw new Error('npm sbom listed nothing');
  console.log(`${keep('sbom.cdx.json', text)}: ${components.length} components`);
};

/** How many advisories of a severity that fails; undefined where the registry has none to give. */
const seriousAdvisories = () => {
  const text = npm('audit', '--omit', 'dev', '--audit-level', 'high', '--json');
  keep('audit.json', text);
  const counts = parsed(text).metadata?.vulnerabilities;
  return counts && counts.high + counts.critical;
};

writeBill();
const serious = seriousAdvisories();
if (serious === undefined) console.log('npm audit: this registry answers no audits; nothing was compared');
else console.log(`npm audit: ${serious} advisories of severity high or critical`);
process.exit(serious ? 1 : 0);
