import path from 'node:path';

/** Where the segments of the two audit logs lie, under DATA_DIR. */
export const auditFolders = (dataDir: string) => ({
  ledger: path.join(dataDir, 'audit', 'ledger'),
  controller: path.join(dataDir, 'audit', 'controller'),
});
