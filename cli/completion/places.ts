import type { Command, Option } from 'commander';

interface Word {
  readonly name: string;
  readonly description: string;
}

/** A place in a command line: after `autotrain ledger`, say. */
export interface Place {
  /** The commands before it, such as `ledger restore`; empty at the beginning. */
  readonly at: string;
  readonly words: readonly Word[];
  /** What may follow an option; empty: anything. */
  readonly values: readonly { readonly option: string; readonly allowed: readonly string[] }[];
}

const isWord = (name: string | undefined): name is string => name !== undefined;

const ofOption = ({ long, description }: Option): Word[] => (long ? [{ name: long, description }] : []);

const valuesOf = (options: readonly Option[]): Place['values'] =>
  options
    .filter(({ required, optional }) => required || optional)
    .map(({ long, argChoices }) => ({ option: long ?? '', allowed: argChoices ?? [] }));

const placeOf = (command: Command, at: string, common: readonly Option[]): Place => {
  const options = [...command.options, ...common.filter((one) => !command.options.includes(one))];
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  return {
    at,
    words: [
      ...command.commands.map((one) => ({ name: one.name(), description: one.description() })),
      ...choices.filter(isWord).map((name) => ({ name, description: '' })),
      ...options.flatMap(ofOption),
      { name: '--help', description: 'how it is used' },
    ],
    values: valuesOf(options),
  };
};

/** Every place of a program, the beginning first. */
export const placesOf = (program: Command): Place[] => {
  const below = (command: Command, at: string): Place[] => [
    placeOf(command, at, program.options),
    ...command.commands.flatMap((one) => below(one, `${at} ${one.name()}`.trim())),
  ];
  return below(program, '');
};

/** `$at $word` leads to a place: with nothing before it there is the blank alone. */
const stepTo = ({ at }: Place): string => {
  const words = at.split(' ');
  return `${words.slice(0, -1).join(' ')} ${words.at(-1)}`;
};

/** What a shell's `case` has to match to go from one place to the next. */
export const stepsOf = (places: readonly Place[]): string[] =>
  places.filter(({ at }) => at !== '').map(stepTo);
