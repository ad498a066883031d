import { configurationPage } from './configuration.ts';
import { gatewayDocument } from './document.ts';
import { httpPage } from './http.ts';
import { clientTypes } from './types.ts';

/** Every file that follows from the code, by its path in the repository. */
export const generatedFiles = (): Readonly<Record<string, string>> => {
  const document = gatewayDocument();
  return {
    'client/schema.ts': clientTypes(document),
    'docs/reference/configuration.md': configurationPage(),
    'docs/reference/http.md': httpPage(document),
  };
};
