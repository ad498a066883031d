import { expect, it } from 'vitest';
import { failure } from '../activities/failures.ts';
import { errorFields } from './log.ts';

it('an error in the log has its message and its stack, and a failure the name by which the table knows it', () => {
  expect(errorFields(failure('Fenced', 'the lease is over'))).toMatchObject({
    ...{ type: 'Fenced', message: 'the lease is over' },
    stack: expect.stringContaining('log.test.ts'),
  });
  expect(errorFields(new RangeError('too far'))).toMatchObject({ type: 'RangeError', message: 'too far' });
  expect(errorFields('a text')).toBe('a text');
});
