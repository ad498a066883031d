import type { Hmm } from '../model.ts';
import { type Block, emit, exponentiate, logScales, type Segment } from './blocks.ts';
import { wordSize } from './layout.ts';
import { frameAt, frameOf, normalise, type Pass, type Span } from './span.ts';

/** From the first row on; the end is the filtered state of the last row. Undefined: weights vanish, the plain path must do it. */
export const forwardFirst = (span: Span, model: Hmm): Pass | undefined => {
  let logScale = 0;
  for (const block of span.blocks) {
    emit(span.arena, span.rows, span.b, block);
    excludeStarts(span, model, block);
    logScale += exponentiate(span.arena, span.b, block);
    for (const segment of block.segments) forwardSegment(span, model, block, segment);
    const scales = logScales(span.arena, block.to - block.from);
    if (scales === undefined) return undefined;
    logScale += scales;
  }
  return { end: frameOf(span, span.u, span.rowCount - 1).slice(), logScale };
};

/** From the last row, which ends its sequence, back; the end is b ∘ β of the first row. Undefined as above. */
export const backwardFirst = (span: Span): Pass | undefined => {
  let logScale = 0;
  const last = span.rowCount - 1;
  for (const block of span.blocks.toReversed()) {
    emit(span.arena, span.rows, span.b, block);
    logScale += exponentiate(span.arena, span.b, block);
    const isLast = block.to > last;
    if (isLast) begin(span, block, last, frameOf(span, span.b, last));
    backwardSegment(span, block, isLast ? last - 1 : block.to - 1);
    const scales = logScales(span.arena, block.to - block.from);
    if (scales === undefined) return undefined;
    logScale += scales;
  }
  return { end: frameOf(span, span.u, 0).slice(), logScale };
};

/** States in which a sequence cannot begin must not set the scale of its first frame. */
const excludeStarts = (span: Span, { start }: Hmm, { segments }: Block): void => {
  if (!start.includes(0)) return;
  for (const { from, begins } of segments) {
    if (!begins) continue;
    const logB = frameOf(span, span.b, from);
    start.forEach((p, k) => {
      if (p === 0) logB[k] = -Infinity;
    });
  }
};

const forwardSegment = (span: Span, { start }: Hmm, block: Block, { from, to, begins }: Segment): void => {
  if (begins) {
    const b = frameOf(span, span.b, from);
    begin(
      span,
      block,
      from,
      b.map((density, k) => density * (start[k] ?? 0)),
    );
  }
  const first = begins ? from + 1 : from;
  if (first >= to) return;
  const totals = span.arena.layout.totals + (first - block.from) * wordSize;
  span.arena.functions.forwardFirst!(
    frameAt(span, span.b, first),
    frameAt(span, span.u, first),
    totals,
    to - first,
  );
};

const backwardSegment = (span: Span, block: Block, first: number): void => {
  const count = first - block.from + 1;
  if (count === 0) return;
  const totals = span.arena.layout.totals + (first - block.from) * wordSize;
  span.arena.functions.backwardFirst!(
    frameAt(span, span.b, first),
    frameAt(span, span.u, first),
    totals,
    count,
  );
};

/** The frame at which a recursion starts. */
const begin = (span: Span, block: Block, t: number, vector: Float64Array): void => {
  const u = frameOf(span, span.u, t);
  u.set(vector);
  span.arena.doubles[span.arena.layout.totals / wordSize + t - block.from] = 1 / normalise(u);
};
