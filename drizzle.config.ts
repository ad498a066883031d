import { defineConfig } from 'drizzle-kit';

/** `npx drizzle-kit generate` writes the next migration of the ledger from its schema. */
export default defineConfig({
  dialect: 'sqlite',
  schema: './ledger/schema/*.ts',
  out: './ledger/migrations',
});
