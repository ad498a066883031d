import { type Place, stepsOf } from './places.ts';

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const isOption = (name: string): boolean => name.startsWith('--');

/** Files are offered for values that may be anything. */
const valueOf = ({ allowed }: Place['values'][number]): string =>
  allowed.length === 0 ? ' -r' : ` -x -a ${quoted(allowed.join(' '))}`;

const wordLine = ({ at, values }: Place, { name, description }: Place['words'][number]): string => {
  const when = `complete -c autotrain -n ${quoted(`__autotrain_at "${at}"`)}`;
  const value = values.find(({ option }) => option === name);
  const takes = value ? valueOf(value) : '';
  const what = isOption(name) ? `-l ${name.slice(2)}${takes}` : `-f -a ${quoted(name)}`;
  return `${when} ${what}${description === '' ? '' : ` -d ${quoted(description)}`}`;
};

export const fishScript = (places: readonly Place[]): string => `# fish completion of autotrain
function __autotrain_at
  set -l at ''
  set -l tokens (commandline -opc)
  for word in $tokens[2..-1]
    switch "$at $word"
      case ${stepsOf(places).map(quoted).join(' ')}
        set at (string trim "$at $word")
    end
  end
  test "$at" = "$argv[1]"
end
${places.flatMap((place) => place.words.map((word) => wordLine(place, word))).join('\n')}
`;
