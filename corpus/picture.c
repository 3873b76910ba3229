// Pictures of bytes: blur, edges, histogram, scaling, the game of life, filling, run lengths.
#include "check.h"
#include <stdlib.h>
#include <string.h>

enum { W = 200, H = 150 };
static uint8_t image[H][W], other[H][W];
static uint32_t pixels[H][W];

static uint8_t clamp(int v) { return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v); }

static void convolve(const int8_t kernel[9], int divisor) {
    for (int y = 1; y < H - 1; y++)
        for (int x = 1; x < W - 1; x++) {
            int sum = 0;
            for (int k = 0; k < 9; k++) sum += kernel[k] * image[y + k / 3 - 1][x + k % 3 - 1];
            other[y][x] = clamp(sum / divisor);
        }
    memcpy(image, other, sizeof image);
}

static void equalize(void) {
    uint32_t counts[256] = {0}, sum = 0;
    uint8_t map[256];
    for (int y = 0; y < H; y++) for (int x = 0; x < W; x++) counts[image[y][x]]++;
    for (int i = 0; i < 256; i++) sum += counts[i], map[i] = (uint8_t)(sum * 255ull / (W * H));
    for (int y = 0; y < H; y++) for (int x = 0; x < W; x++) image[y][x] = map[image[y][x]];
}

static uint32_t blend(uint32_t under, uint32_t over) {
    uint32_t alpha = over >> 24, result = 0;
    for (int shift = 0; shift < 24; shift += 8) {
        uint32_t a = under >> shift & 255, b = over >> shift & 255;
        result |= ((a * (255 - alpha) + b * alpha + 127) / 255) << shift;
    }
    return result | 0xFF000000u;
}

static void scale(int width, int height) {
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint32_t sx = (uint32_t)x * ((W - 2) << 8) / (uint32_t)width, sy = (uint32_t)y * ((H - 2) << 8) / (uint32_t)height;
            uint32_t fx = sx & 255, fy = sy & 255, px = sx >> 8, py = sy >> 8;
            uint32_t top = image[py][px] * (256 - fx) + image[py][px + 1] * fx, bottom = image[py + 1][px] * (256 - fx) + image[py + 1][px + 1] * fx;
            check((top * (256 - fy) + bottom * fy) >> 16);
        }
}

static void live(int rounds) {
    for (int y = 0; y < H; y++) for (int x = 0; x < W; x++) image[y][x] = image[y][x] & 1;
    for (; rounds; rounds--) {
        for (int y = 1; y < H - 1; y++)
            for (int x = 1; x < W - 1; x++) {
                int n = image[y - 1][x - 1] + image[y - 1][x] + image[y - 1][x + 1] + image[y][x - 1] + image[y][x + 1] + image[y + 1][x - 1] + image[y + 1][x] + image[y + 1][x + 1];
                other[y][x] = n == 3 || (n == 2 && image[y][x]);
            }
        memcpy(image, other, sizeof image);
    }
}

static int fill(int x, int y, uint8_t from, uint8_t to) {
    if (x < 0 || y < 0 || x >= W || y >= H || image[y][x] != from) return 0;
    int left = x, right = x, count;
    while (left > 0 && image[y][left - 1] == from) left--;
    while (right + 1 < W && image[y][right + 1] == from) right++;
    count = right - left + 1;
    for (int i = left; i <= right; i++) image[y][i] = to;
    for (int i = left; i <= right; i++) count += fill(i, y - 1, from, to) + fill(i, y + 1, from, to);
    return count;
}

int main(void) {
    static const int8_t blur[9] = {1, 2, 1, 2, 4, 2, 1, 2, 1}, edges[9] = {-1, -1, -1, -1, 9, -1, -1, -1, -1};
    for (int y = 0; y < H; y++) for (int x = 0; x < W; x++) image[y][x] = (uint8_t)(next_random() % 100 + (uint32_t)(x ^ y) % 156);
    convolve(blur, 16), convolve(edges, 1), equalize(), scale(170, 90);
    for (int round = 0; round < 6; round++)
        for (int y = 0; y < H; y++) for (int x = 0; x < W; x++) pixels[y][x] = blend(pixels[y][x], (uint32_t)image[y][x] << 24 | 0x102030u * (uint32_t)(x % 7 + round));
    for (int y = 0; y < H; y += 10) check(pixels[y][y]);
    live(12);
    int runs = 0;
    for (int y = 0; y < H; y++) for (int x = 1; x < W; x++) runs += image[y][x] != image[y][x - 1];
    check((uint64_t)runs), check((uint64_t)fill(0, 0, image[0][0], 7));
    return check_print();
}
