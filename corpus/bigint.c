// Digits of e and powers of three with numbers of many words.
#include "check.h"
#include <string.h>

enum { WORDS = 160 };
typedef struct { uint32_t words[WORDS]; } number;

static uint32_t divide_small(number *n, uint32_t divisor) {
    uint64_t rest = 0;
    for (int i = WORDS - 1; i >= 0; i--) {
        uint64_t part = rest << 32 | n->words[i];
        n->words[i] = (uint32_t)(part / divisor), rest = part % divisor;
    }
    return (uint32_t)rest;
}

static void add(number *a, const number *b) {
    uint64_t carry = 0;
    for (int i = 0; i < WORDS; i++) carry += (uint64_t)a->words[i] + b->words[i], a->words[i] = (uint32_t)carry, carry >>= 32;
}

static uint32_t multiply_small(number *a, uint32_t factor) {
    uint64_t carry = 0;
    for (int i = 0; i < WORDS; i++) carry += (uint64_t)a->words[i] * factor, a->words[i] = (uint32_t)carry, carry >>= 32;
    return (uint32_t)carry;
}

static void multiply(number *result, const number *a, const number *b) {
    memset(result, 0, sizeof *result);
    for (int i = 0; i < WORDS; i++) {
        uint64_t carry = 0;
        if (a->words[i] == 0) continue;
        for (int j = 0; i + j < WORDS; j++) {
            carry += (uint64_t)a->words[i] * b->words[j] + result->words[i + j];
            result->words[i + j] = (uint32_t)carry, carry >>= 32;
        }
    }
}

int main(void) {
    number term = {{0}}, sum = {{0}};
    term.words[WORDS - 2] = 1, sum.words[WORDS - 2] = 1;
    for (uint32_t i = 1; i < 800; i++) divide_small(&term, i), add(&sum, &term);
    sum.words[WORDS - 2] = 0;
    for (int i = 0; i < 160; i++) {
        check(multiply_small(&sum, 1000000000u) | sum.words[WORDS - 2]);
        sum.words[WORDS - 2] = 0;
    }
    number power = {{3}}, square;
    for (int i = 0; i < 11; i++) multiply(&square, &power, &power), power = square;
    for (int i = 0; i < WORDS; i++) check(power.words[i]);
    return check_print();
}
