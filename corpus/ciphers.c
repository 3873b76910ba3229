// ChaCha20, SipHash, CRC-32 and Adler-32: rotations, tables, sums.
#include "check.h"
#include <string.h>

enum { SIZE = 1 << 16 };
static uint8_t data[SIZE];
static uint32_t crc_table[256];

static inline uint32_t rotate(uint32_t x, int n) { return x << n | x >> (32 - n); }
static inline uint64_t rotate64(uint64_t x, int n) { return x << n | x >> (64 - n); }

#define QUARTER(a, b, c, d)                                                                     \
    x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 16), x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 12), \
    x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 8), x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 7)

static void chacha(const uint32_t state[16], uint8_t *out) {
    uint32_t x[16];
    memcpy(x, state, sizeof x);
    for (int i = 0; i < 10; i++) {
        QUARTER(0, 4, 8, 12), QUARTER(1, 5, 9, 13), QUARTER(2, 6, 10, 14), QUARTER(3, 7, 11, 15);
        QUARTER(0, 5, 10, 15), QUARTER(1, 6, 11, 12), QUARTER(2, 7, 8, 13), QUARTER(3, 4, 9, 14);
    }
    for (int i = 0; i < 16; i++) x[i] += state[i], memcpy(out + 4 * i, &x[i], 4);
}

#define ROUND                                                                                                  \
    v0 += v1, v1 = rotate64(v1, 13) ^ v0, v0 = rotate64(v0, 32), v2 += v3, v3 = rotate64(v3, 16) ^ v2, v0 += v3, \
    v3 = rotate64(v3, 21) ^ v0, v2 += v1, v1 = rotate64(v1, 17) ^ v2, v2 = rotate64(v2, 32)

static uint64_t siphash(const uint8_t *bytes, size_t size, uint64_t k0, uint64_t k1) {
    uint64_t v0 = k0 ^ 0x736f6d6570736575, v1 = k1 ^ 0x646f72616e646f6d, v2 = k0 ^ 0x6c7967656e657261, v3 = k1 ^ 0x7465646279746573;
    for (size_t i = 0; i + 8 <= size; i += 8) {
        uint64_t m;
        memcpy(&m, bytes + i, 8);
        v3 ^= m;
        ROUND, ROUND;
        v0 ^= m;
    }
    v2 ^= 0xff;
    ROUND, ROUND, ROUND, ROUND;
    return v0 ^ v1 ^ v2 ^ v3;
}

int main(void) {
    uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++) c = c & 1 ? 0xEDB88320u ^ c >> 1 : c >> 1;
        crc_table[i] = c;
    }
    for (int round = 0; round < 6; round++) {
        state[13] = next_random();
        for (uint32_t at = 0; at < SIZE; at += 64) state[12] = at, chacha(state, data + at);
        uint32_t crc = ~0u, a = 1, b = 0;
        for (int i = 0; i < SIZE; i++) crc = crc_table[(crc ^ data[i]) & 255] ^ crc >> 8;
        for (int i = 0; i < SIZE; i++) a = (a + data[i]) % 65521, b = (b + a) % 65521;
        check(crc), check(b << 16 | a), check(siphash(data, SIZE, crc, a));
    }
    return check_print();
}
