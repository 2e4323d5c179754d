/* Peer of sampled SGD in output space: gather b rows of K, four at a time, update v and f.
 *
 *   v = beta v - (alpha N/b) sum_{i in B} f_i K_i,   f += v
 *
 * The batch comes from a partial Fisher-Yates shuffle with splitmix64.
 * Usage: sgd_step N BATCH STEPS BETA. Prints: nanoseconds per step, final loss (a sample).
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static uint64_t state = 42;
static uint64_t next(void) {
    uint64_t z = (state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static double *alloc(size_t n) {
    double *p = aligned_alloc(64, (n * sizeof(double) + 63) / 64 * 64);
    if (!p) exit(2);
    return p;
}

static inline void one(size_t n, double *restrict v, double *restrict f, double m, double c0,
                       const double *restrict r0, int last) {
    if (last)
        for (size_t k = 0; k < n; k++) {
            double x = m * v[k] + c0 * r0[k];
            v[k] = x;
            f[k] += x;
        }
    else
        for (size_t k = 0; k < n; k++) v[k] = m * v[k] + c0 * r0[k];
}

static inline void four(size_t n, double *restrict v, double *restrict f, double m,
                        const double *c, const double *restrict r0, const double *restrict r1,
                        const double *restrict r2, const double *restrict r3, int last) {
    double c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
    if (last)
        for (size_t k = 0; k < n; k++) {
            double x = m * v[k] + c0 * r0[k] + c1 * r1[k] + c2 * r2[k] + c3 * r3[k];
            v[k] = x;
            f[k] += x;
        }
    else
        for (size_t k = 0; k < n; k++)
            v[k] = m * v[k] + c0 * r0[k] + c1 * r1[k] + c2 * r2[k] + c3 * r3[k];
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    size_t n = strtoull(argv[1], 0, 10), b = strtoull(argv[2], 0, 10);
    size_t steps = strtoull(argv[3], 0, 10);
    double beta = atof(argv[4]), alpha = 0.02;
    size_t stride = (n + 7) / 8 * 8;
    double *kernel = alloc(stride * n), *f = alloc(stride), *v = alloc(stride), *c = alloc(b);
    uint32_t *perm = malloc(n * sizeof *perm);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < stride; k++) {
            double d = ((double)i - (double)k) / n;
            kernel[i * stride + k] = k < n ? exp(-20.0 * d * d) / n : 0.0;
        }
        f[i] = cos(2.1 * i) + 0.3;
        v[i] = 0.0;
        perm[i] = i;
    }
    size_t warm = steps / 10;
    double start = 0.0;
    for (size_t t = 0; t < warm + steps; t++) {
        if (t == warm) start = now();
        for (size_t i = 0; i < b; i++) {
            size_t k = i + (size_t)(((__uint128_t)next() * (n - i)) >> 64);
            uint32_t x = perm[i];
            perm[i] = perm[k];
            perm[k] = x;
            c[i] = -alpha * n / b * f[perm[i]];
        }
        double m = beta;
        size_t r = 0;
        for (; r + 4 <= b; r += 4) {
            four(n, v, f, m, c + r, kernel + perm[r] * stride, kernel + perm[r + 1] * stride,
                 kernel + perm[r + 2] * stride, kernel + perm[r + 3] * stride, r + 4 == b);
            m = 1.0;
        }
        for (; r < b; r++) {
            one(n, v, f, m, c[r], kernel + perm[r] * stride, r + 1 == b);
            m = 1.0;
        }
    }
    double elapsed = now() - start, loss = 0.0;
    for (size_t i = 0; i < n; i++) loss += f[i] * f[i];
    printf("%.6f %.17g\n", elapsed * 1e9 / steps, loss / (2.0 * n));
    return 0;
}
