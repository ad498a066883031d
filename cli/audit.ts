import { existsSync } from 'node:fs';
import { auditFolders } from '../audit/folders.ts';
import type { AuditVerdict } from '../audit/verify.ts';
import type { Config } from '../config.ts';
import { whileHeld } from '../ledger/in-use.ts';
import { openLedger } from '../ledger/open.ts';
import { ledgerOf } from './find-config.ts';
import { openStoredController } from './why.ts';

const ofLedger = (config: Config): AuditVerdict => {
  const ledger = openLedger({ path: config.paths.ledgerFile, domain: config.domain });
  try {
    return ledger.verifyAudit(auditFolders(config.paths.dataDir).ledger);
  } finally {
    ledger.close();
  }
};

const ofController = (config: Config): AuditVerdict => {
  const controller = openStoredController(config);
  try {
    return controller.verifyAudit(auditFolders(config.paths.dataDir).controller);
  } finally {
    controller.close();
  }
};

const line = (name: string, { ok, rows, unchained, segments, problems }: AuditVerdict): string =>
  [
    `${ok ? 'whole ' : 'BROKEN'}  ${name}: ${rows} rows, ${segments} segments, ${unchained} rows from before there was a chain`,
    ...problems.map((problem) => `        ${problem}`),
  ].join('\n');

const logsOf = (config: Config): Record<string, AuditVerdict> => ({
  ledger: ofLedger(config),
  ...(existsSync(config.paths.controllerFile) && { controller: ofController(config) }),
});

/** `autotrain audit verify`: whether the audit logs of ledger and parameter store are whole. */
export const verifyAudits = (env: NodeJS.ProcessEnv) => {
  const config = ledgerOf(env);
  const logs = whileHeld(config.paths.ledgerFile, () => logsOf(config));
  const ok = Object.values(logs).every((verdict) => verdict.ok);
  const text = Object.entries(logs).map(([name, verdict]) => line(name, verdict));
  return { value: { logs }, ok, text: text.join('\n') };
};
