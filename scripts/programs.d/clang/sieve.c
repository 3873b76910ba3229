#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sorted words, and the primes up to a limit: the C library, pointers to functions, floats. */

static int by_length(const void *left, const void *right) {
    const char *a = *(const char *const *)left, *b = *(const char *const *)right;
    size_t m = strlen(a), n = strlen(b);
    return m != n ? (m > n) - (m < n) : strcmp(a, b);
}

static int primes_up_to(int limit) {
    char *composite = calloc((size_t)limit + 1, 1);
    int count = 0;
    for (int n = 2; n <= limit; n++) {
        if (composite[n])
            continue;
        count++;
        for (long long multiple = (long long)n * n; multiple <= limit; multiple += n)
            composite[multiple] = 1;
    }
    free(composite);
    return count;
}

int main(int argc, char **argv) {
    int limit = argc > 1 ? atoi(argv[1]) : 100;
    int count = primes_up_to(limit);
    printf("%d primes up to %d, about %.3f of them expected\n", count, limit, limit / log(limit) / count);

    const char *words[] = {"interpreter", "table", "row", "validation", "slot", "operand", "ip"};
    size_t length = sizeof words / sizeof *words;
    qsort(words, length, sizeof *words, by_length);
    for (size_t i = 0; i < length; i++)
        printf("%s%c", words[i], i + 1 < length ? ' ' : '\n');
    return 7;
}
