// Compresses text by references to what came before, found by chains of hashes, and takes it apart again.
#include "check.h"
#include <string.h>

enum { SIZE = 1 << 17, HASHES = 1 << 13, MOST_TRIES = 16, SHORTEST = 4, LONGEST = 255 };

static uint8_t input[SIZE], packed[SIZE * 2], output[SIZE];
static int32_t head[HASHES], previous[SIZE];

static uint32_t hash(const uint8_t *at) {
    uint32_t word;
    memcpy(&word, at, 4);
    return (word * 2654435761u) >> 19;
}

static void make_text(void) {
    static const char *words[] = {"stack ", "value ", "frame ", "label ", "of the ", "module ", "and ", "instance ", "\n", "trap; "};
    size_t at = 0;
    while (at < SIZE) {
        const char *word = words[next_random() % 10];
        while (*word && at < SIZE) input[at++] = (uint8_t)*word++;
        if (next_random() % 5 == 0 && at < SIZE) input[at++] = (uint8_t)next_random();
    }
}

static size_t compress(void) {
    size_t out = 0, at = 0;
    memset(head, -1, sizeof head);
    while (at < SIZE) {
        size_t best = 0, distance = 0;
        if (at + SHORTEST < SIZE) {
            uint32_t h = hash(input + at);
            int32_t candidate = head[h];
            for (int tries = 0; candidate >= 0 && tries < MOST_TRIES; tries++, candidate = previous[candidate]) {
                size_t length = 0;
                if (at - (size_t)candidate > 65535) break;
                while (length < LONGEST && at + length < SIZE && input[candidate + length] == input[at + length]) length++;
                if (length > best) best = length, distance = at - (size_t)candidate;
            }
            previous[at] = head[h];
            head[h] = (int32_t)at;
        }
        if (best >= SHORTEST) {
            packed[out++] = 1, packed[out++] = (uint8_t)best, packed[out++] = (uint8_t)distance, packed[out++] = (uint8_t)(distance >> 8);
            at += best;
        } else {
            packed[out++] = 0, packed[out++] = input[at++];
        }
    }
    return out;
}

static size_t expand(size_t size) {
    size_t at = 0, out = 0;
    while (at < size) {
        if (packed[at++] == 0) {
            output[out++] = packed[at++];
            continue;
        }
        size_t length = packed[at], distance = packed[at + 1] | packed[at + 2] << 8;
        at += 3;
        for (; length; length--, out++) output[out] = output[out - distance];
    }
    return out;
}

int main(void) {
    for (int round = 0; round < 3; round++) {
        make_text();
        size_t size = compress();
        check(size), check(expand(size)), check((uint64_t)memcmp(input, output, SIZE));
    }
    return check_print();
}
