import { Argument } from 'commander';
import { type AddCommand, answersHere } from '../cli.ts';
import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import { placesOf } from '../completion/places.ts';
import { zshScript } from '../completion/zsh.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

type Shell = keyof typeof scripts;

export const addCompletion: AddCommand = (parent, cli) => {
  parent
    .command('completion')
    .addArgument(new Argument('<shell>').choices(Object.keys(scripts)))
    .description('what a shell needs to complete these commands: `source <(autotrain completion bash)`')
    .action(
      answersHere(cli, (shell: Shell) => {
        const script = scripts[shell](placesOf(parent));
        return { value: { shell, script }, text: script.trimEnd() };
      }),
    );
};
