/*
 * The loops of hmm/kernel in C, for comparison only: EM of a Gaussian HMM over one sequence, forward-backward scaled by
 * the largest log-emission, hmmlearn's default M-step. Compiled by bench/hmm/c-peer.ts for one shape:
 *   gcc -O3 -march=native -DK=4 -DD=4 -DFULL=0 hmm_loop.c -lm
 * Usage: hmm_loop FILE (see bench/hmm/case-file.ts). Each line "fit N" on stdin is answered by
 * "CPU-seconds log-likelihood" of the parameters before the last of N M-steps.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if FULL
#define C (D * D)
#else
#define C D
#endif
#define BLOCK 256
#define TWO_PI 6.283185307179586476925286766559

typedef struct {
  double start[K], transition[K * K], means[K * D], covariances[K * C];
} Model;

typedef struct {
  double start[K], transitions[K * K], weight[K], sums[K * D], products[K * C];
} Statistics;

/* factors: inverse deviations, or the inverse of the Cholesky factor. */
typedef struct {
  double norm[K], factors[K * C];
} Emissions;

static long T;
static double *rows, *alpha, *b, centre[D];

#if FULL
static void invert_factor(const double *covariance, double *inverse, double *log_determinant) {
  double l[D * D] = {0};
  *log_determinant = 0;
  for (int i = 0; i < D; i++)
    for (int j = 0; j <= i; j++) {
      double s = covariance[i * D + j];
      for (int m = 0; m < j; m++) s -= l[i * D + m] * l[j * D + m];
      l[i * D + j] = i == j ? sqrt(s) : s / l[j * D + j];
    }
  memset(inverse, 0, D * D * sizeof(double));
  for (int i = 0; i < D; i++) {
    *log_determinant += 2 * log(l[i * D + i]);
    inverse[i * D + i] = 1 / l[i * D + i];
    for (int j = 0; j < i; j++) {
      double s = 0;
      for (int m = j; m < i; m++) s -= l[i * D + m] * inverse[m * D + j];
      inverse[i * D + j] = s / l[i * D + i];
    }
  }
}
#endif

static void prepare(const Model *model, Emissions *e) {
  for (int k = 0; k < K; k++) {
    double log_determinant = 0;
#if FULL
    invert_factor(model->covariances + k * C, e->factors + k * C, &log_determinant);
#else
    for (int d = 0; d < D; d++) {
      const double variance = model->covariances[k * D + d];
      e->factors[k * D + d] = 1 / sqrt(variance);
      log_determinant += log(variance);
    }
#endif
    e->norm[k] = -0.5 * (D * log(TWO_PI) + log_determinant);
  }
}

static inline double distance(const double *x, const double *mean, const double *factor) {
  double sum = 0, difference[D];
  for (int d = 0; d < D; d++) difference[d] = x[d] - mean[d];
  for (int i = 0; i < D; i++) {
#if FULL
    double z = 0;
    for (int j = 0; j <= i; j++) z += factor[i * D + j] * difference[j];
#else
    const double z = difference[i] * factor[i];
#endif
    sum += z * z;
  }
  return sum;
}

/* exp(ln b - largest) of the rows [from, to); returns the sum of the largest. */
static double emit(const Model *model, const Emissions *e, long from, long to) {
  double sum = 0;
  for (long t = from; t < to; t++) {
    double largest = -INFINITY;
    double *out = b + t * K;
    for (int k = 0; k < K; k++) {
      out[k] = e->norm[k] - 0.5 * distance(rows + t * D, model->means + k * D, e->factors + k * C);
      largest = out[k] > largest ? out[k] : largest;
    }
    for (int k = 0; k < K; k++) out[k] -= largest;
    sum += largest;
  }
  for (long i = from * K; i < to * K; i++) b[i] = exp(b[i]);
  return sum;
}

/* Logarithms are batched: one of a product that stays in range. */
static double forward(const Model *model, const Emissions *e) {
  double log_likelihood = 0, product = 1, predicted[K];
  memcpy(predicted, model->start, sizeof predicted);
  for (long from = 0; from < T; from += BLOCK) {
    const long to = from + BLOCK < T ? from + BLOCK : T;
    log_likelihood += emit(model, e, from, to);
    for (long t = from; t < to; t++) {
      double *a = alpha + t * K, total = 0;
      for (int k = 0; k < K; k++) {
        a[k] = predicted[k] * b[t * K + k];
        total += a[k];
      }
      product *= total;
      if (product < 1e-150) {
        log_likelihood += log(product);
        product = 1;
      }
      const double scale = 1 / total;
      for (int k = 0; k < K; k++) a[k] *= scale;
      for (int k = 0; k < K; k++) predicted[k] = 0;
      for (int j = 0; j < K; j++)
        for (int k = 0; k < K; k++) predicted[k] += a[j] * model->transition[j * K + k];
    }
  }
  return log_likelihood + log(product);
}

static inline void add_moments(Statistics *s, const double *x, const double *gamma) {
  double c[D];
  for (int d = 0; d < D; d++) c[d] = x[d] - centre[d];
  for (int k = 0; k < K; k++) {
    s->weight[k] += gamma[k];
    for (int i = 0; i < D; i++) {
      const double w = gamma[k] * c[i];
      s->sums[k * D + i] += w;
#if FULL
      for (int j = 0; j <= i; j++) s->products[k * C + i * D + j] += w * c[j];
#else
      s->products[k * D + i] += w * c[i];
#endif
    }
  }
}

/* One row back: beta becomes sum_k a_jk w_k, scaled so that sum_j alpha_j beta_j = 1; w is scaled with it. */
static inline void step_back(const double *transposed, const double *a, double *w, double *beta) {
  double total = 0;
  for (int j = 0; j < K; j++) beta[j] = 0;
  for (int k = 0; k < K; k++)
    for (int j = 0; j < K; j++) beta[j] += transposed[k * K + j] * w[k];
  for (int j = 0; j < K; j++) total += a[j] * beta[j];
  const double scale = 1 / total;
  for (int k = 0; k < K; k++) {
    beta[k] *= scale;
    w[k] *= scale;
  }
}

static void backward(const Model *model, Statistics *out) {
  double beta[K], w[K], gamma[BLOCK][K], transposed[K * K];
  Statistics s = {0};
  for (int j = 0; j < K; j++)
    for (int k = 0; k < K; k++) transposed[k * K + j] = model->transition[j * K + k];
  for (int k = 0; k < K; k++) beta[k] = 1;
  for (long from = (T - 1) / BLOCK * BLOCK; from >= 0; from -= BLOCK) {
    const long to = from + BLOCK < T ? from + BLOCK : T;
    for (long t = to - 1; t >= from; t--) {
      for (int k = 0; k < K; k++) {
        gamma[t - from][k] = alpha[t * K + k] * beta[k];
        w[k] = b[t * K + k] * beta[k];
      }
      if (t == 0) break;
      const double *before = alpha + (t - 1) * K;
      step_back(transposed, before, w, beta);
      for (int j = 0; j < K; j++)
        for (int k = 0; k < K; k++) s.transitions[j * K + k] += before[j] * w[k];
    }
    for (long t = from; t < to; t++) add_moments(&s, rows + t * D, gamma[t - from]);
    if (from == 0) memcpy(s.start, gamma[0], sizeof s.start);
  }
  for (int i = 0; i < K * K; i++) s.transitions[i] *= model->transition[i];
  *out = s;
}

static void proportions(double *out, const double *counts, int n) {
  double total = 0;
  for (int i = 0; i < n; i++) total += counts[i];
  for (int i = 0; i < n; i++) out[i] = counts[i] / total;
}

/* hmmlearn's defaults: 0.01 is added to (every element of) the scatter. */
static void maximise(Model *model, const Statistics *s) {
  proportions(model->start, s->start, K);
  for (int j = 0; j < K; j++) proportions(model->transition + j * K, s->transitions + j * K, K);
  for (int k = 0; k < K; k++) {
    double mean[D];
    for (int d = 0; d < D; d++) {
      mean[d] = s->sums[k * D + d] / s->weight[k];
      model->means[k * D + d] = centre[d] + mean[d];
    }
#if FULL
    for (int i = 0; i < D; i++)
      for (int j = 0; j <= i; j++) {
        const double moment = s->products[k * C + i * D + j] - s->weight[k] * mean[i] * mean[j];
        model->covariances[k * C + i * D + j] = model->covariances[k * C + j * D + i] = (0.01 + moment) / s->weight[k];
      }
#else
    for (int d = 0; d < D; d++)
      model->covariances[k * D + d] = (0.01 + s->products[k * D + d] - s->weight[k] * mean[d] * mean[d]) / s->weight[k];
#endif
  }
}

static double fit(Model model, int iterations) {
  double log_likelihood = 0;
  Emissions emissions;
  Statistics statistics;
  for (int i = 0; i < iterations; i++) {
    prepare(&model, &emissions);
    log_likelihood = forward(&model, &emissions);
    backward(&model, &statistics);
    maximise(&model, &statistics);
  }
  return log_likelihood;
}

static void demand(int ok, const char *what) {
  if (ok) return;
  fprintf(stderr, "hmm_loop: %s\n", what);
  exit(1);
}

static void load(const char *path, Model *model) {
  FILE *file = fopen(path, "rb");
  double header[4];
  demand(file != NULL && fread(header, sizeof(double), 4, file) == 4, "the case file cannot be read");
  demand(header[1] == D && header[2] == K && header[3] == FULL, "the case file has another shape");
  T = (long)header[0];
  rows = malloc(T * D * sizeof(double));
  alpha = malloc(T * K * sizeof(double));
  b = malloc(T * K * sizeof(double));
  demand(rows && alpha && b, "no memory");
  demand(fread(model, sizeof(double), sizeof *model / sizeof(double), file) == sizeof *model / sizeof(double), "short file");
  demand(fread(rows, sizeof(double), T * D, file) == (size_t)(T * D), "short file");
  fclose(file);
  for (long i = 0; i < T * D; i++) centre[i % D] += rows[i] / T;
}

int main(int argc, char **argv) {
  Model model;
  int iterations;
  demand(argc == 2, "usage: hmm_loop FILE");
  load(argv[1], &model);
  printf("ready\n");
  fflush(stdout);
  while (scanf(" fit %d", &iterations) == 1) {
    const clock_t begin = clock();
    const double log_likelihood = fit(model, iterations);
    printf("%.9g %.17g\n", (double)(clock() - begin) / CLOCKS_PER_SEC, log_likelihood);
    fflush(stdout);
  }
  return 0;
}
