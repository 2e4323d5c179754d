/* Peer of the SE recursion: the same fused pass as plain C.
 *
 *   com = a^2 C - 2 b a J + b^2 P + g2 a^2 (S - tau C),  C += -2aC + 2bJ + com,  J = bJ - aC + com,  P = com
 *
 * One pass updates and reduces for the next step; arrays are aligned to cache lines; the compiler
 * vectorises (-O3 -march=native -ffast-math). Usage: se_recursion N STEPS BETA
 * Prints: nanoseconds per step, final loss.
 */
#include <stdio.h>
#include <stdlib.h>
#include <math.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static double *alloc(size_t n) {
    double *p = aligned_alloc(64, (n * sizeof(double) + 63) / 64 * 64);
    if (!p) exit(2);
    return p;
}

static __attribute__((noinline)) double
step(size_t n, const double *restrict a, double *restrict c, double *restrict j,
     double *restrict p, double b, double g, double source) {
    double sum = 0.0, b2 = b * b;
    a = __builtin_assume_aligned(a, 64);
    c = __builtin_assume_aligned(c, 64);
    j = __builtin_assume_aligned(j, 64);
    p = __builtin_assume_aligned(p, 64);
    for (size_t k = 0; k < n; k++) {
        double t = b * j[k];
        double d = t - a[k] * c[k];
        double q = a[k] * (source - g * c[k]) - (d + t);
        double pn = b2 * p[k] + a[k] * q;
        double jn = d + pn;
        double cn = c[k] + d + jn;
        p[k] = pn;
        j[k] = jn;
        c[k] = cn;
        sum += cn;
    }
    return sum;
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    size_t n = strtoull(argv[1], 0, 10), steps = strtoull(argv[2], 0, 10);
    double b = atof(argv[3]), gamma = 0.1, tau = 1.0, alpha = 1.0;
    double *a = alloc(n), *c = alloc(n), *j = alloc(n), *p = alloc(n);
    double total = 0.0;
    for (size_t k = 0; k < n; k++) {
        a[k] = alpha * pow(k + 1.0, -1.5);
        c[k] = pow(k + 1.0, -1.75);
        j[k] = p[k] = 0.0;
        total += c[k];
    }
    size_t warm = steps / 10;
    double start = 0.0;
    for (size_t t = 0; t < warm + steps; t++) {
        if (t == warm) start = now();
        total = step(n, a, c, j, p, b, gamma * tau, gamma * total);
    }
    printf("%.6f %.17g\n", (now() - start) * 1e9 / steps, 0.5 * total);
    return 0;
}
