import { type Place, stepsOf } from './places.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** `_describe` splits at the first colon. */
const described = ({ name, description }: Place['words'][number]): string =>
  quoted(description === '' ? name : `${name.replaceAll(':', '\\:')}:${description}`);

const wordsLine = ({ at, words }: Place): string =>
  `    "${at}") found=(${words.map(described).join(' ')}) ;;`;

const valueLines = ({ at, values }: Place): string[] =>
  values.map(({ option, allowed }) => `    "${at} ${option}") found=(${allowed.map(quoted).join(' ')}) ;;`);

/**
 * Options are offered where one was begun, and files where nothing else fits. The last lines: as a file of $fpath the
 * script is the body of `_autotrain` the first time, sourced it has to say what it completes.
 */
export const zshScript = (places: readonly Place[]): string => `#compdef autotrain
_autotrain() {
  local at="" word
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
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
  case "$at \${words[CURRENT-1]}" in
${places.flatMap(valueLines).join('\n')}
  esac
  [[ "\${words[CURRENT]}" == -* ]] || found=("\${(@)found:#--*}")
  if (( \${#found} )); then _describe autotrain found; else _files; fi
}
if [[ "\${funcstack[1]}" == _autotrain ]]; then _autotrain "$@"; else compdef _autotrain autotrain; fi
`;
