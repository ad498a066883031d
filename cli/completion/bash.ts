import { type Place, stepsOf } from './places.ts';

const quoted = (words: readonly string[]): string => `"${words.join(' ')}"`;

const wordsLine = ({ at, words }: Place): string =>
  `    "${at}") words=${quoted(words.map(({ name }) => name))} ;;`;

const valueLines = ({ at, values }: Place): string[] =>
  values.map(({ option, allowed }) => `    "${at} ${option}") words=${quoted(allowed)} ;;`);

/** Nothing is asked of autotrain itself: a key press must not wait for a process. Options are offered where one was begun. */
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
  case "$cur" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
    *) COMPREPLY=($(compgen -W "$words" -X '--*' -- "$cur")) ;;
  esac
}
complete -o default -F _autotrain autotrain
`;
