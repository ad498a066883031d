import { type AddCommand, type Cli, type Said } from '../cli.ts';
import { answersFrom } from '../gateway.ts';
import { type GatewayClient, patience } from '../gateway-client.ts';
import { listed } from '../text.ts';

const said = (value: object): Said => ({ value, text: listed({ ...value }) });

/** POSTs a decision about the champion. */
const decided = async (gateway: GatewayClient, path: string, body: object): Promise<Said> =>
  said(await gateway.post<object>(path, body, { patienceMs: patience.decisionMs }));

const byVersion = (cli: Cli, kind: 'promote' | 'approve') =>
  answersFrom(cli, (gateway: GatewayClient, version: string) =>
    decided(gateway, `/model/${kind}`, { version_id: version }),
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
      answersFrom(cli, (gateway: GatewayClient, { to }: { to?: string }) =>
        decided(gateway, '/model/rollback', to === undefined ? {} : { to }),
      ),
    );
};
