// What the program is made of (artefacts/sbom.cdx.json, CycloneDX), and whether any of it is known to be bad
// (artefacts/audit.json). Exit code 1: an advisory of severity high or critical for what is installed in production.
// 3: the registry answered no audit (it may have none to give), so nothing was compared.
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

/** How many advisories of a severity that fails, or why nobody knows. */
const audited = () => {
  const text = npm('audit', '--omit', 'dev', '--audit-level', 'high', '--json');
  keep('audit.json', text);
  const { metadata, message, error } = parsed(text);
  const counts = metadata?.vulnerabilities;
  if (counts) return { serious: counts.high + counts.critical };
  return { why: message || error?.summary || 'npm said nothing that can be read' };
};

writeBill();
const { serious, why } = audited();
if (why) console.log(`npm audit: NOT CHECKED, nothing was compared: ${why}`);
else console.log(`npm audit: ${serious} advisories of severity high or critical`);
process.exit(why ? 3 : serious ? 1 : 0);
