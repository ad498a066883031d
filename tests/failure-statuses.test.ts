import { expect, it } from 'vitest';
import { failures } from '../activities/failures.ts';
import { statusOfFailure } from '../api/errors.ts';

it('the gateway answers every failure of the workflows with the status that the table of failures gives', () => {
  const wanted = Object.fromEntries(Object.entries(failures).map(([type, { status }]) => [type, status]));
  const answered = Object.fromEntries(
    Object.keys(failures).map((type) => [type, statusOfFailure[type] ?? 500]),
  );
  expect(answered).toEqual(wanted);
});
