import type { ParamSpec, Params, StrategySchema } from './schema.ts';

/** One parameter that its schema does not allow, with what it does allow. */
export interface Violation {
  readonly field: string;
  readonly message: string;
  readonly value?: unknown;
  readonly min?: number;
  readonly max?: number;
  readonly values?: readonly string[];
}

const describe = (spec: ParamSpec): string => {
  if (spec.type === 'choice') return `one of ${spec.values.join(', ')}`;
  if (spec.type === 'boolean') return 'true or false';
  return `${spec.type === 'integer' ? 'a whole number' : 'a number'} from ${spec.min} to ${spec.max}`;
};

const isAllowed = (spec: ParamSpec, value: unknown): boolean => {
  if (spec.type === 'choice') return typeof value === 'string' && spec.values.includes(value);
  if (spec.type === 'boolean') return typeof value === 'boolean';
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (spec.type === 'integer' && !Number.isInteger(value)) return false;
  return value >= spec.min && value <= spec.max;
};

const limits = (spec: ParamSpec) => {
  if (spec.type === 'choice') return { values: spec.values };
  return spec.type === 'boolean' ? {} : { min: spec.min, max: spec.max };
};

const violationOf = (field: string, spec: ParamSpec, params: Params): Violation[] => {
  if (!Object.hasOwn(params, field)) {
    return [{ field, message: `${field} is missing: it must be ${describe(spec)}`, ...limits(spec) }];
  }
  const value = params[field];
  if (isAllowed(spec, value)) return [];
  return [
    {
      field,
      message: `${field} must be ${describe(spec)}, not ${JSON.stringify(value)}`,
      value,
      ...limits(spec),
    },
  ];
};

const unknownOnes = ({ strategy, params: specs }: StrategySchema, params: Params): Violation[] =>
  Object.keys(params)
    .filter((field) => !Object.hasOwn(specs, field))
    .map((field) => ({
      field,
      message: `${field} is no parameter of ${strategy}; it has ${Object.keys(specs).join(', ')}`,
      value: params[field],
    }));

/** Everything that the schema does not allow in a preset's parameters; empty when all is within bounds. A preset is complete. */
export const violations = (schema: StrategySchema, params: Params): Violation[] => [
  ...Object.entries(schema.params).flatMap(([field, spec]) => violationOf(field, spec, params)),
  ...unknownOnes(schema, params),
];
