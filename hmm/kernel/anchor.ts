import { type Code, i32, v128 } from './instructions.ts';
import type { Layout } from './layout.ts';

/**
 * Makes V8 compute a value here: it moves arithmetic down to the first store or branch that needs it, but leaves loads
 * in their places, so that in a long run of code all loads come first and most of them are spilled.
 */
export const anchor = (layout: Layout, value: Code): Code => v128.store(i32.const(0), layout.anchor, value);
