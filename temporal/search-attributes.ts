import { type Client, isGrpcServiceError } from '@temporalio/client';

const grpc = { invalidArgument: 3, alreadyExists: 6, permissionDenied: 7, unimplemented: 12 } as const;
const keyword = 2;

/** The names that workflows/search-attributes.ts writes. */
const names = ['AutotrainSeries', 'AutotrainVersion', 'AutotrainStage', 'AutotrainOutcome'];

const isCode = (error: unknown, ...codes: readonly number[]): boolean =>
  isGrpcServiceError(error) && codes.includes(Number(error.code));

/** Operators' calls are often closed to workers, and Temporal Cloud has none of them. */
const isRefused = (error: unknown): boolean => isCode(error, grpc.permissionDenied, grpc.unimplemented);

/** A query by an attribute that the namespace does not have is an invalid one; everybody may ask. */
const isKnown = async (client: Client, namespace: string, name: string): Promise<boolean> => {
  try {
    await client.workflowService.countWorkflowExecutions({ namespace, query: `${name} = "none"` });
    return true;
  } catch (error) {
    if (isCode(error, grpc.invalidArgument)) return false;
    throw error;
  }
};

const missingBySearch = async (client: Client, namespace: string): Promise<string[]> => {
  const known = await Promise.all(names.map((name) => isKnown(client, namespace, name)));
  return names.filter((_, at) => !known[at]);
};

const missing = async (client: Client, namespace: string): Promise<string[]> => {
  try {
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
    return names.filter((name) => !Object.hasOwn(customAttributes ?? {}, name));
  } catch (error) {
    if (isRefused(error)) return await missingBySearch(client, namespace);
    throw error;
  }
};

/** What whoever may do it has to type. */
const commandsFor = (namespace: string, missing: readonly string[]): string[] => [
  ...missing.map(
    (name) =>
      `  temporal operator search-attribute create --namespace ${namespace} --name ${name} --type Keyword`,
  ),
  'or, on Temporal Cloud:',
  ...missing.map(
    (name) =>
      `  tcld namespace search-attributes add --namespace ${namespace} --search-attribute "${name}=Keyword"`,
  ),
];

/** The start is refused: a run that sets an unknown attribute would never get past its first task. */
const notAllowed = (namespace: string, missing: readonly string[], cause: unknown): Error =>
  new Error(
    [
      `the Temporal namespace ${namespace} lacks the search attributes ${missing.join(', ')} (type Keyword) and does not let us add them (${(cause as Error).message}). Have its operator run, then start again:`,
      ...commandsFor(namespace, missing),
    ].join('\n'),
    { cause },
  );

/** Creates what is missing. Throws, with the commands to type, where that is not allowed. */
export const ensureSearchAttributes = async (client: Client, namespace: string): Promise<void> => {
  const absent = await missing(client, namespace);
  if (absent.length === 0) return;
  try {
    await client.connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(absent.map((name) => [name, keyword])),
    });
  } catch (error) {
    if (isCode(error, grpc.alreadyExists)) return;
    if (isRefused(error)) throw notAllowed(namespace, absent, error);
    throw error;
  }
};
