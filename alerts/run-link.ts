/** Where a run is shown in Temporal's Web UI; null where no UI is known. Ids hold colons, which the UI wants encoded. */
export const runLink = (
  { uiUrl, namespace }: { readonly uiUrl: string | undefined; readonly namespace: string },
  { workflowId, runId }: { readonly workflowId: string; readonly runId: string },
): string | null => {
  if (uiUrl === undefined) return null;
  const parts = [namespace, 'workflows', workflowId, runId].map(encodeURIComponent);
  return `${uiUrl.replace(/\/$/, '')}/namespaces/${parts.join('/')}`;
};
