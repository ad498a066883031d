import type { OpenAPIHono } from '@hono/zod-openapi';
import type { RouteDeps } from './app.ts';
import type { AddEndpoint } from './endpoint.ts';
import { addAlertRoutes } from './routes/alerts.ts';
import { addChartRoute } from './routes/chart.ts';
import { addCodecRoute } from './routes/codec.ts';
import { addDashboard, addReference } from './routes/dashboard.ts';
import { addMetricsRoute, addOpenApiRoute } from './routes/docs.ts';
import { addEvaluationRoutes } from './routes/evaluation.ts';
import { addEventRoutes } from './routes/events.ts';
import { addGuardrailRoutes } from './routes/guardrails.ts';
import { addHealthRoutes } from './routes/health.ts';
import { addModelReportRoutes } from './routes/model-reports.ts';
import { addModelRoutes } from './routes/models.ts';
import { addOutcomeRoutes, addRecordRoutes } from './routes/outcomes.ts';
import { addParamRoutes } from './routes/param.ts';
import { addParameterRoutes } from './routes/parameters.ts';
import { addPredictRoute } from './routes/predict.ts';
import { addPresetRoutes } from './routes/presets.ts';
import { addLedgerRoutes, addTemporalRoutes } from './routes/records.ts';
import { addScheduleRoutes } from './routes/schedules.ts';
import { addDecisionRoutes, addTrainingRoutes } from './routes/training.ts';

const resources = [
  addHealthRoutes,
  addTrainingRoutes,
  addModelRoutes,
  addDecisionRoutes,
  addPredictRoute,
  addPresetRoutes,
  addParamRoutes,
  addOutcomeRoutes,
  addGuardrailRoutes,
  addEvaluationRoutes,
  addRecordRoutes,
  addAlertRoutes,
  addLedgerRoutes,
  addTemporalRoutes,
  addScheduleRoutes,
  addModelReportRoutes,
  addParameterRoutes,
  addChartRoute,
  addEventRoutes,
  addMetricsRoute,
  addCodecRoute,
];

/** All routes. What they serve from is looked at when they are called, so that they can be described without it. */
export const addRoutes = (add: AddEndpoint, app: OpenAPIHono, deps: RouteDeps): void => {
  for (const addRoutesOf of resources) addRoutesOf(add, deps);
  addDashboard(add, app);
  addReference(add, app);
  addOpenApiRoute(add, app);
};
