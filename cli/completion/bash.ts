import { type Place, stepsOf } from './places.ts';

const quoted = (words: readonly string[]): string => `"${words.join(' ')}"`;

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
      ${stepsOf(places)
        .map((step) => `"${step}"`)
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
