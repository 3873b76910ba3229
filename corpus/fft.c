// Fourier transforms there and back, in double and single precision.
#include "check.h"
#include <math.h>

enum { SIZE = 1 << 13 };
static double re[SIZE], im[SIZE];
static float fre[SIZE], fim[SIZE];

#define TRANSFORM(NAME, T, SIN, COS)                                                        \
    static void NAME(T *re, T *im, int sign) {                                              \
        for (int i = 1, j = 0; i < SIZE; i++) {                                             \
            int bit = SIZE >> 1;                                                            \
            for (; j & bit; bit >>= 1) j ^= bit;                                            \
            j ^= bit;                                                                       \
            if (i < j) {                                                                    \
                T t = re[i]; re[i] = re[j], re[j] = t;                                      \
                t = im[i], im[i] = im[j], im[j] = t;                                        \
            }                                                                               \
        }                                                                                   \
        for (int length = 2; length <= SIZE; length *= 2) {                                 \
            T angle = (T)(sign * 6.283185307179586 / length), wr = COS(angle), wi = SIN(angle); \
            for (int i = 0; i < SIZE; i += length) {                                        \
                T cr = 1, ci = 0;                                                           \
                for (int k = 0; k < length / 2; k++) {                                      \
                    int a = i + k, b = a + length / 2;                                      \
                    T xr = re[b] * cr - im[b] * ci, xi = re[b] * ci + im[b] * cr;           \
                    re[b] = re[a] - xr, im[b] = im[a] - xi, re[a] += xr, im[a] += xi;       \
                    T next = cr * wr - ci * wi;                                             \
                    ci = cr * wi + ci * wr, cr = next;                                      \
                }                                                                           \
            }                                                                               \
        }                                                                                   \
    }
TRANSFORM(transform, double, sin, cos)
TRANSFORM(transform_float, float, sinf, cosf)

int main(void) {
    for (int i = 0; i < SIZE; i++) re[i] = (double)(next_random() % 1000), fre[i] = (float)re[i];
    for (int round = 0; round < 2; round++) {
        transform(re, im, 1), transform(re, im, -1);
        transform_float(fre, fim, 1), transform_float(fre, fim, -1);
        for (int i = 0; i < SIZE; i++) re[i] /= SIZE, im[i] /= SIZE, fre[i] /= SIZE, fim[i] /= SIZE;
    }
    for (int i = 0; i < SIZE; i += 64) check((uint64_t)(int64_t)floor(re[i] + 0.5));
    return check_print();
}
