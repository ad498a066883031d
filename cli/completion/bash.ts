import type { Place } from './places.ts';

const quoted = (words: readonly string[]): string => `"${words.join(' ')}"`;

/** `$at $word` leads to a place: with nothing before it there is the blank alone. */
export const stepTo = ({ at }: Place): string => {
  const words = at.split(' ');
  return `${words.slice(0, -1).join(' ')} ${words.at(-1)}`;
};

const wordsLine = ({ at, words }: Place): string =>
  `    "${at}") words=${quoted(words.map(({ name }) => name))} ;;`;

const valueLines = ({ at, values }: Place): string[] =>
  values.map(({ option, allowed }) => `    "${at} ${option}") words=${quoted(allowed)} ;;`);

/** Nothing is asked of autotrain itself: a key press must not wait for a process. */
export const bashScript = (places: readonly Place[]): string => `# bash completion of autotrain
_autotrain() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD - 1]}" at="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at $word" in
      ${places
        .filter(({ at }) => at !== '')
        .map((place) => `"${stepTo(place)}"`)
        .join(' | ')})
        at="\${at:+$at }$word" ;;
    esac
  done
  case "$at" in
${places.map(wordsLine).join('\n')}
  esac
  case "$at $prev" in
${places.flatMap(valueLines).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _autotrain autotrain
`;
