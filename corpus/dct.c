// A picture's blocks to frequencies and back, as picture formats do it: 16-bit numbers, shifts, zigzag.
#include "check.h"
#include <stdlib.h>

enum { WIDTH = 256, HEIGHT = 128 };
static uint8_t picture[HEIGHT][WIDTH];
static int16_t coefficients[HEIGHT / 8][WIDTH / 8][64];
static uint8_t zigzag[64];
static const int16_t cosines[8][8] = {
    {8192, 8192, 8192, 8192, 8192, 8192, 8192, 8192},     {11363, 9633, 6437, 2260, -2260, -6437, -9633, -11363},
    {10703, 4433, -4433, -10703, -10703, -4433, 4433, 10703}, {9633, -2260, -11363, -6437, 6437, 11363, 2260, -9633},
    {8192, -8192, -8192, 8192, 8192, -8192, -8192, 8192}, {6437, -11363, 2260, 9633, -9633, -2260, 11363, -6437},
    {4433, -10703, 10703, -4433, -4433, 10703, -10703, 4433}, {2260, -6437, 9633, -11363, 11363, -9633, 6437, -2260}};

static void make_zigzag(void) {
    int x = 0, y = 0, up = 1;
    for (int i = 0; i < 64; i++) {
        zigzag[i] = (uint8_t)(y * 8 + x);
        if (up) {
            if (x == 7) y++, up = 0; else if (y == 0) x++, up = 0; else x++, y--;
        } else {
            if (y == 7) x++, up = 1; else if (x == 0) y++, up = 1; else x--, y++;
        }
    }
}

static void forward(const uint8_t *pixels, int16_t *out, int quality) {
    int32_t rows[64];
    for (int y = 0; y < 8; y++)
        for (int u = 0; u < 8; u++) {
            int32_t sum = 0;
            for (int x = 0; x < 8; x++) sum += (pixels[y * WIDTH + x] - 128) * cosines[u][x];
            rows[y * 8 + u] = sum >> 11;
        }
    for (int i = 0; i < 64; i++) {
        int u = zigzag[i] & 7, v = zigzag[i] >> 3;
        int32_t sum = 0;
        for (int y = 0; y < 8; y++) sum += rows[y * 8 + u] * cosines[v][y];
        out[i] = (int16_t)((sum >> 18) / (quality + i / 4));
    }
}

static void inverse(const int16_t *in, uint8_t *pixels, int quality) {
    int32_t columns[64] = {0};
    for (int i = 0; i < 64; i++) {
        int u = zigzag[i] & 7, v = zigzag[i] >> 3;
        int32_t value = in[i] * (quality + i / 4);
        if (value == 0) continue;
        for (int y = 0; y < 8; y++) columns[y * 8 + u] += value * cosines[v][y];
    }
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++) {
            int32_t sum = 0;
            for (int u = 0; u < 8; u++) sum += (columns[y * 8 + u] >> 10) * cosines[u][x];
            sum = (sum >> 16) + 128;
            pixels[y * WIDTH + x] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
        }
}

int main(void) {
    make_zigzag();
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) picture[y][x] = (uint8_t)(x * y / 64 + (next_random() & 15));
    for (int quality = 1; quality < 5; quality++) {
        uint64_t error = 0;
        int nonzero = 0;
        for (int y = 0; y < HEIGHT; y += 8)
            for (int x = 0; x < WIDTH; x += 8) {
                uint8_t back[8 * WIDTH];
                int16_t *block = coefficients[y / 8][x / 8];
                forward(&picture[y][x], block, quality), inverse(block, back, quality);
                for (int i = 0; i < 64; i++) nonzero += block[i] != 0;
                for (int b = 0; b < 8; b++)
                    for (int a = 0; a < 8; a++) error += (uint64_t)abs(back[b * WIDTH + a] - picture[y + b][x + a]);
            }
        check(error), check((uint64_t)nonzero);
    }
    return check_print();
}
