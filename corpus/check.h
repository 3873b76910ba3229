// What the programs of the corpus share: a generator of numbers, and a sum of what they compute.
#pragma once
#include <stdint.h>
#include <stdio.h>

static uint32_t random_state = 0x2545F491;

// A number of a fixed sequence (xorshift).
static inline uint32_t next_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static uint64_t check_sum = 14695981039346656037u;

// Adds a number to the sum (FNV-1a).
static inline void check(uint64_t value) { check_sum = (check_sum ^ value) * 1099511628211u; }

static inline int check_print(void) {
    printf("%016llx\n", (unsigned long long)check_sum);
    return 0;
}
