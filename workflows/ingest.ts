import { continueAsNew, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { exchange } from './proxies.ts';
import { attributes } from './search-attributes.ts';
import type { IngestRequest, IngestResult } from './types.ts';

/** Own bound on a run's history, well under the server's suggestion at 4,096 events. */
const defaultPagesPerRun = 500;

/** Stores a series' closed candles page by page, up to now or one page. One run per series at a time, by its id. */
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
    setCurrentDetails(
      `${downloaded} candles in ${pages} pages, ${gaps} gaps, next ${new Date(page.watermark).toISOString()}`,
    );
    if (until === 'chunk' || page.caughtUp) {
      return finished({
        series,
        downloaded,
        pages,
        gaps,
        watermark: page.watermark,
        caughtUp: page.caughtUp,
      });
    }
    if (ofThisRun >= pagesPerRun || workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof ingest>({ ...request, carried: { downloaded, pages, gaps } });
    }
  }
}

const finished = (result: IngestResult): IngestResult => {
  upsertSearchAttributes([
    { key: attributes.outcome, value: result.downloaded > 0 ? 'stored' : 'up to date' },
  ]);
  return result;
};
