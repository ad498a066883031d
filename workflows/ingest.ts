import {
  continueAsNew,
  patched,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { describeLook } from './describe-look.ts';
import { exchange } from './proxies.ts';
import { attributes } from './search-attributes.ts';
import type { IngestRequest, IngestResult } from './types.ts';

/** Own bound on a run's history, well under the server's suggestion at 4,096 events. */
const defaultPagesPerRun = 500;

/**
 * Stores a series' closed candles page by page, up to now or one page, then looks again at the newest ones and at gaps.
 * One run per series at a time, by its id.
 */
export async function ingest(request: IngestRequest): Promise<IngestResult> {
  const { series, until, pagesPerRun = defaultPagesPerRun } = request;
  upsertSearchAttributes([
    { key: attributes.series, value: series },
    { key: attributes.stage, value: 'ingest' },
  ]);
  let { downloaded, pages, gaps } = request.carried ?? { downloaded: 0, pages: 0, gaps: 0 };
  for (let ofThisRun = 0; ; ) {
    const page = await exchange.ingestPage.executeWithOptions({ summary: `page ${pages + 1}` }, [{ series }]);
    downloaded += page.downloaded;
    gaps += page.gaps;
    pages += 1;
    ofThisRun += 1;
    setCurrentDetails(detailsOf({ downloaded, pages, gaps, watermark: page.watermark }));
    if (until === 'chunk' || page.caughtUp) {
      const { watermark, caughtUp } = page;
      return await finish({ series, downloaded, pages, gaps, watermark, caughtUp });
    }
    if (ofThisRun >= pagesPerRun || workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof ingest>({ ...request, carried: { downloaded, pages, gaps } });
    }
  }
}

const detailsOf = ({
  downloaded,
  pages,
  gaps,
  watermark,
}: Pick<IngestResult, 'downloaded' | 'pages' | 'gaps' | 'watermark'>): string =>
  `${downloaded} candles in ${pages} pages, ${gaps} gaps, next ${new Date(watermark).toISOString()}`;

/** Once a run, behind its pages: what the exchange changed since it gave them. */
const finish = async (stored: IngestResult): Promise<IngestResult> => {
  const result = patched('look-again') ? await lookAgain(stored) : stored;
  upsertSearchAttributes([{ key: attributes.outcome, value: outcomeOf(result) }]);
  return result;
};

const lookAgain = async (stored: IngestResult): Promise<IngestResult> => {
  const { series } = stored;
  const lookedAgain = await exchange.lookAgain.executeWithOptions({ summary: 'newest candles and gaps' }, [
    { series },
  ]);
  setCurrentDetails(`${detailsOf(stored)}\nlooked again: ${describeLook(lookedAgain)}`);
  return { ...stored, lookedAgain };
};

const outcomeOf = ({ downloaded, lookedAgain }: IngestResult): string => {
  if (downloaded > 0) return 'stored';
  const { rewritten = 0, appeared = 0, removed = 0 } = lookedAgain ?? {};
  return rewritten + appeared + removed > 0 ? 'corrected' : 'up to date';
};
