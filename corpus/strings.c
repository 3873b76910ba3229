// Text by the C library and by hand: distances, base64, UTF-8, numbers printed and read, words sorted.
#include "check.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int distance(const char *a, const char *b) {
    int n = (int)strlen(b), row[256];
    for (int j = 0; j <= n; j++) row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int above = row[j], best = diagonal + (a[i - 1] != b[j - 1]);
            if (above + 1 < best) best = above + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = above, row[j] = best;
        }
    }
    return row[n];
}

static size_t base64(const uint8_t *in, size_t size, char *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *start = out;
    for (size_t i = 0; i + 2 < size; i += 3) {
        uint32_t bits = (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | in[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6) *out++ = digits[bits >> shift & 63];
    }
    return (size_t)(out - start);
}

static size_t utf8(uint32_t c, char *out) {
    if (c < 0x80) return out[0] = (char)c, 1;
    if (c < 0x800) return out[0] = (char)(0xC0 | c >> 6), out[1] = (char)(0x80 | (c & 63)), 2;
    if (c < 0x10000) return out[0] = (char)(0xE0 | c >> 12), out[1] = (char)(0x80 | (c >> 6 & 63)), out[2] = (char)(0x80 | (c & 63)), 3;
    return out[0] = (char)(0xF0 | c >> 18), out[1] = (char)(0x80 | (c >> 12 & 63)), out[2] = (char)(0x80 | (c >> 6 & 63)), out[3] = (char)(0x80 | (c & 63)), 4;
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int is_anagram(const char *a, const char *b) {
    int counts[128] = {0};
    for (; *a; a++) counts[tolower((unsigned char)*a)]++;
    for (; *b; b++) counts[tolower((unsigned char)*b)]--;
    for (int i = 0; i < 128; i++) if (counts[i]) return 0;
    return 1;
}

int main(void) {
    enum { WORDS = 600 };
    char *words[WORDS], line[256];
    static uint8_t raw[30000];
    static char text[120000];
    for (int i = 0; i < WORDS; i++) {
        int length = 3 + (int)(next_random() % 14);
        words[i] = malloc((size_t)length + 1);
        for (int k = 0; k < length; k++) words[i][k] = (char)("etaoinshrdluETAO"[next_random() % 16]);
        words[i][length] = 0;
    }
    qsort(words, WORDS, sizeof *words, by_text);
    for (int i = 0; i + 1 < WORDS; i++) check((uint64_t)distance(words[i], words[i + 1])), check((uint64_t)is_anagram(words[i], words[i + 1]));
    for (int i = 0; i < 4000; i++) {
        double value = (double)next_random() / 1000.0;
        int size = snprintf(line, sizeof line, "%d;%s;%.3f;%x;%g", i, words[i % WORDS], value, i * 77, value * 1e-5);
        char *end, *field = strchr(line, ';');
        check((uint64_t)size), check((uint64_t)strtol(line, &end, 10));
        field = strchr(field + 1, ';');
        check((uint64_t)strtod(field + 1, &end)), check((uint64_t)strtoul(end + 1, &end, 16));
    }
    for (size_t i = 0; i < sizeof raw; i++) raw[i] = (uint8_t)next_random();
    size_t size = base64(raw, sizeof raw, text);
    for (size_t i = 0; i < size; i++) check((uint8_t)text[i]);
    size = 0;
    for (int i = 0; i < 20000; i++) size += utf8(next_random() % 0x11000 * (i % 3 ? 1 : 16), text + size);
    size_t letters = 0;
    for (size_t i = 0; i < size; i++) letters += (text[i] & 0xC0) != 0x80;
    check(size), check(letters);
    return check_print();
}
