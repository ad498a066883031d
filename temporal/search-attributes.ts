import { type Client, isGrpcServiceError } from '@temporalio/client';

const grpcAlreadyExists = 6;
const keyword = 2;

/** The names that workflows/search-attributes.ts writes. */
const names = ['AutotrainSeries', 'AutotrainVersion', 'AutotrainStage', 'AutotrainOutcome'];

/** Creates what is missing; a run that sets an unknown attribute would never get past its first task. */
export const ensureSearchAttributes = async ({ connection }: Client, namespace: string): Promise<void> => {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = names.filter((name) => !Object.hasOwn(customAttributes ?? {}, name));
  if (missing.length === 0) return;
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])),
    });
  } catch (error) {
    if (isGrpcServiceError(error) && Number(error.code) === grpcAlreadyExists) return;
    throw new Error(
      `the Temporal namespace ${namespace} lacks the search attributes ${missing.join(', ')} (type Keyword) and refuses to add them: ` +
        `ask its operator to create them`,
      { cause: error },
    );
  }
};
