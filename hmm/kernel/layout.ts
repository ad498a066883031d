import type { Shape } from '../plain-e-step.ts';

/** Frames that are worked on at a time: what a block needs stays in the first-level cache. */
export const blockLength = 256;

/** Bytes of a double. */
export const wordSize = 8;

/** Where things are in the memory of a kernel; all addresses are bytes, multiples of 16. */
export interface Layout {
  readonly nStates: number;
  readonly nFeatures: number;
  readonly isDiagonal: boolean;
  /** States, made even: a vector holds two. The odd one out has density 0 and no transitions. */
  readonly paddedStates: number;
  /** Features, made even. */
  readonly pairedFeatures: number;
  /** Vectors that describe the emissions of one state: means, factors, norm, each twice. */
  readonly emissionSize: number;
  /** Vectors of moments of one pair of states: weight, sums, products. */
  readonly momentCount: number;
  /** 1, ½, the largest 1/c that is trusted and the bits of a mantissa, each twice. */
  readonly one: number;
  readonly half: number;
  readonly ratioLimit: number;
  readonly mantissaMask: number;
  readonly exponential: number;
  readonly emissions: number;
  /** A [P·P] and its transpose. */
  readonly transition: number;
  readonly transposed: number;
  /** [D], each twice. */
  readonly centre: number;
  /** [P/2][momentCount] vectors. */
  readonly moments: number;
  /** [P·P] */
  readonly transitionProducts: number;
  /** [256][D] and a row to spare: a block of rows as they come. */
  readonly arriving: number;
  /** [D][256]: a block of rows that are not kept on the heap. */
  readonly staged: number;
  /** [256][E]: a block of rows about the centre; E is D, made even. */
  readonly centred: number;
  /** [256][P] */
  readonly gamma: number;
  /** [256]: 1/c of each frame. */
  readonly totals: number;
  readonly logProduct: number;
  /** [P], each twice: by which number a state is meant in the pointers of `climb`. */
  readonly stateCodes: number;
  /** Written by `anchor`, never read. */
  readonly anchor: number;
  /** [P]: δ of the frame before. */
  readonly delta: number;
  /** The data and the arrays of length T begin here. */
  readonly heap: number;
}

export const layoutOf = ({ covarianceType, nStates, nFeatures: D }: Shape): Layout => {
  const isDiagonal = covarianceType === 'diag' || covarianceType === 'spherical';
  const products = isDiagonal ? D : (D * (D + 1)) / 2;
  const P = nStates + (nStates % 2);
  const pairedFeatures = D + (D % 2);
  const emissionSize = D + products + 1;
  const momentCount = 1 + D + products;
  let end = 0;
  const place = (doubles: number): number => {
    const at = end;
    end += Math.ceil(doubles / 2) * 2 * wordSize;
    return at;
  };
  return {
    nStates,
    nFeatures: D,
    isDiagonal,
    paddedStates: P,
    pairedFeatures,
    emissionSize,
    momentCount,
    one: place(2),
    half: place(2),
    ratioLimit: place(2),
    mantissaMask: place(2),
    exponential: place(24),
    emissions: place(2 * P * emissionSize),
    transition: place(P * P),
    transposed: place(P * P),
    centre: place(2 * D),
    moments: place(P * momentCount),
    transitionProducts: place(P * P),
    arriving: place(D * (blockLength + 2)),
    staged: place(D * blockLength),
    centred: place(pairedFeatures * blockLength),
    gamma: place(blockLength * P),
    totals: place(blockLength + 2),
    logProduct: place(4),
    stateCodes: place(2 * P),
    anchor: place(2),
    delta: place(P),
    heap: place(0),
  };
};
