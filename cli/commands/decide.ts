import { type AddCommand, type Cli, type Said } from '../cli.ts';
import { answersFrom } from '../gateway.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { listed } from '../text.ts';

const said = (value: object): Said => ({ value, text: listed({ ...value }) });

const byVersion = (cli: Cli, kind: 'promote' | 'approve') =>
  answersFrom(cli, async (gateway: GatewayClient, version: string) =>
    said(await gateway.post<object>(`/model/${kind}`, { version_id: version })),
  );

export const addPromote: AddCommand = (parent, cli) => {
  parent
    .command('promote')
    .argument('<version>')
    .description('make a version the champion')
    .action(byVersion(cli, 'promote'));
};

export const addApprove: AddCommand = (parent, cli) => {
  parent
    .command('approve')
    .argument('<version>')
    .description('approve a version that awaits it (AUTO_PROMOTE=false)')
    .action(byVersion(cli, 'approve'));
};

export const addRollback: AddCommand = (parent, cli) => {
  parent
    .command('rollback')
    .description('serve the predecessor again, or the version named')
    .option('--to <version>', 'the version to serve')
    .action(
      answersFrom(cli, async (gateway: GatewayClient, { to }: { to?: string }) =>
        said(await gateway.post<object>('/model/rollback', to === undefined ? {} : { to })),
      ),
    );
};
