import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute or more, the longest first: begun late, one of them would be waited for alone. */
const longest = [
  'tests/chaos/swap-points',
  'tests/chaos/training-points',
  'tests/chaos/archive-points',
  'tests/chaos/ingest-points',
  'tests/chaos/without-fence',
  'tests/promoted-without-evidence',
  'tests/dashboard',
  'tests/worker-stalled',
  'tests/model-bytes',
  'tests/worker-killed',
  'tests/chaos/rounds',
  'bandit/regret',
];

const rank = ({ moduleId }: TestSpecification): number => {
  const at = longest.findIndex((name) => moduleId.includes(`/${name}`));
  return at < 0 ? longest.length : at;
};

/** Vitest's order, but for the longest of each project. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project))];
    return projects.flatMap((own) =>
      sorted.filter(({ project }) => project === own).toSorted((a, b) => rank(a) - rank(b)),
    );
  }
}
