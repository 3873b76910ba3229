// Linear equations, spectral norm, a heat equation, integration, random walks: loops over doubles.
#include "check.h"
#include <math.h>

enum { N = 72, GRID = 64 };
static double a[N][N], b[N], x[N];
static double heat[2][GRID][GRID];

static void solve(void) {
    for (int k = 0; k < N; k++) {
        int pivot = k;
        for (int i = k + 1; i < N; i++) if (fabs(a[i][k]) > fabs(a[pivot][k])) pivot = i;
        for (int j = 0; j < N; j++) {
            double t = a[k][j];
            a[k][j] = a[pivot][j], a[pivot][j] = t;
        }
        double t = b[k];
        b[k] = b[pivot], b[pivot] = t;
        for (int i = k + 1; i < N; i++) {
            double factor = a[i][k] / a[k][k];
            for (int j = k; j < N; j++) a[i][j] -= factor * a[k][j];
            b[i] -= factor * b[k];
        }
    }
    for (int i = N - 1; i >= 0; i--) {
        double sum = b[i];
        for (int j = i + 1; j < N; j++) sum -= a[i][j] * x[j];
        x[i] = sum / a[i][i];
    }
}

static double entry(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static double spectral(int n) {
    double u[100], v[100], w[100];
    for (int i = 0; i < n; i++) u[i] = 1;
    for (int round = 0; round < 8; round++) {
        for (int i = 0; i < n; i++) { w[i] = 0; for (int j = 0; j < n; j++) w[i] += entry(i, j) * u[j]; }
        for (int i = 0; i < n; i++) { v[i] = 0; for (int j = 0; j < n; j++) v[i] += entry(j, i) * w[j]; }
        for (int i = 0; i < n; i++) u[i] = v[i];
    }
    double s = 0, t = 0;
    for (int i = 0; i < n; i++) s += u[i] * v[i], t += v[i] * v[i];
    return sqrt(s / t);
}

static double simpson(double (*f)(double), double from, double to, int steps) {
    double h = (to - from) / steps, sum = f(from) + f(to);
    for (int i = 1; i < steps; i++) sum += f(from + i * h) * (i & 1 ? 4 : 2);
    return sum * h / 3;
}

static double bell(double t) { return exp(-t * t); }
static double wave(double t) { return sin(t) * log(t + 1) + pow(t, 0.3); }

int main(void) {
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) a[i][j] = (double)(next_random() % 100) + (i == j) * 500;
            b[i] = (double)(next_random() % 1000);
        }
        solve();
        for (int i = 0; i < N; i++) check((uint64_t)(int64_t)(x[i] * 1e6));
    }
    check((uint64_t)(spectral(100) * 1e9));
    heat[0][GRID / 2][GRID / 2] = 1000;
    for (int step = 0; step < 60; step++) {
        double (*now)[GRID] = heat[step & 1], (*next)[GRID] = heat[~step & 1];
        for (int i = 1; i < GRID - 1; i++)
            for (int j = 1; j < GRID - 1; j++)
                next[i][j] = now[i][j] + 0.2 * (now[i - 1][j] + now[i + 1][j] + now[i][j - 1] + now[i][j + 1] - 4 * now[i][j]);
    }
    for (int i = 0; i < GRID; i++) check((uint64_t)(heat[0][i][i] * 1e6));
    check((uint64_t)(simpson(bell, 0, 3, 6000) * 1e9)), check((uint64_t)(simpson(wave, 0, 9, 6000) * 1e9));
    double inside = 0;
    for (int i = 0; i < 200000; i++) {
        double px = (double)(next_random() >> 8) / 16777216.0, py = (double)(next_random() >> 8) / 16777216.0;
        if (px * px + py * py <= 1) inside++;
    }
    check((uint64_t)inside);
    return check_print();
}
