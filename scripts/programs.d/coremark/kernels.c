// The kinds of work that EEMBC's CoreMark measures, in a program of our own: a linked list is searched, reversed and sorted,
// small matrices are multiplied, a state machine reads numbers, and a checksum goes over all results.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct node {
    struct node *next;
    int16_t key, value;
} node;

enum { NODES = 64, SIDE = 12, TEXT = 512 };

static uint32_t seed = 0x1234567;

static uint32_t next_random(void) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

// CRC-16 with the polynomial of ARC, a bit at a time.
static uint16_t checksum(uint16_t crc, uint32_t value) {
    for (int bit = 0; bit < 32; bit++, value >>= 1) {
        int odd = (crc ^ value) & 1;
        crc >>= 1;
        if (odd)
            crc ^= 0xA001;
    }
    return crc;
}

static node *reversed(node *list) {
    node *result = NULL;
    while (list) {
        node *next = list->next;
        list->next = result;
        result = list;
        list = next;
    }
    return result;
}

static const node *found(const node *list, int16_t value) {
    while (list && list->value != value)
        list = list->next;
    return list;
}

static int by_key(const node *a, const node *b) { return a->key - b->key; }
static int by_value(const node *a, const node *b) { return a->value - b->value; }

static node *merged(node *a, node *b, int (*compare)(const node *, const node *)) {
    node *first = NULL, **end = &first;
    while (a && b) {
        node **least = compare(a, b) <= 0 ? &a : &b;
        *end = *least;
        end = &(*least)->next;
        *least = *end;
    }
    *end = a ? a : b;
    return first;
}

static node *sorted(node *list, int (*compare)(const node *, const node *)) {
    if (!list || !list->next)
        return list;
    node *middle = list;
    for (node *end = list->next; end && end->next; end = end->next->next)
        middle = middle->next;
    node *second = middle->next;
    middle->next = NULL;
    return merged(sorted(list, compare), sorted(second, compare), compare);
}

static uint16_t lists(uint16_t crc, int16_t round) {
    static node nodes[NODES];
    node *list = NULL;
    for (int16_t place = 0; place < NODES; place++) {
        nodes[place] = (node){list, place, (int16_t)(next_random() & 0xFF)};
        list = &nodes[place];
    }
    for (int16_t wanted = 0; wanted < 16; wanted++) {
        const node *one = found(list, (int16_t)(wanted * 16 + (round & 15)));
        crc = checksum(crc, one ? (uint32_t)one->key : 0xFFFF);
        list = reversed(list);
    }
    list = sorted(list, by_value);
    crc = checksum(crc, (uint32_t)list->value);
    list = sorted(list, by_key);
    return checksum(crc, (uint32_t)list->next->value);
}

static uint16_t matrices(uint16_t crc) {
    static int16_t a[SIDE][SIDE], b[SIDE][SIDE];
    static int32_t product[SIDE][SIDE];
    for (int row = 0; row < SIDE; row++)
        for (int column = 0; column < SIDE; column++) {
            a[row][column] = (int16_t)next_random();
            b[row][column] = (int16_t)(next_random() & 0x7F);
        }
    for (int row = 0; row < SIDE; row++)
        for (int column = 0; column < SIDE; column++) {
            int32_t sum = 0;
            for (int at = 0; at < SIDE; at++)
                sum += a[row][at] * b[at][column];
            product[row][column] = (sum >> 2 & 0xF) * (sum >> 5 & 0x7F);
        }
    int32_t trace = 0;
    for (int at = 0; at < SIDE; at++)
        trace += product[at][at] - product[at][SIDE - 1 - at];
    return checksum(crc, (uint32_t)trace);
}

enum state { START, SIGN, INTEGER, FRACTION, EXPONENT, EXPONENT_SIGN, SCIENTIFIC, INVALID, STATES };

static enum state after(enum state state, char c) {
    int digit = c >= '0' && c <= '9';
    switch (state) {
    case START:
        return digit ? INTEGER : c == '+' || c == '-' ? SIGN : c == '.' ? FRACTION : INVALID;
    case SIGN:
        return digit ? INTEGER : c == '.' ? FRACTION : INVALID;
    case INTEGER:
        return digit ? INTEGER : c == '.' ? FRACTION : c == 'e' ? EXPONENT : INVALID;
    case FRACTION:
        return digit ? FRACTION : c == 'e' ? EXPONENT : INVALID;
    case EXPONENT:
        return c == '+' || c == '-' ? EXPONENT_SIGN : INVALID;
    case EXPONENT_SIGN:
    case SCIENTIFIC:
        return digit ? SCIENTIFIC : INVALID;
    default:
        return INVALID;
    }
}

static uint16_t states(uint16_t crc) {
    static const char *const numbers[] = {"5012,", "-874,", "+122,", "35.54400,", ".1234500,", "-110.700,",
                                          "5.500e+3,", "-.123e-2,", "T0.3e-1F,", "-T.T++Tq,", "1T3.4e4z,", "34.0e-T^,"};
    static char text[TEXT];
    size_t length = 0;
    for (;;) {
        const char *number = numbers[next_random() % 12];
        size_t size = strlen(number);
        if (length + size >= TEXT)
            break;
        memcpy(text + length, number, size);
        length += size;
    }
    uint32_t ends[STATES] = {0};
    enum state state = START;
    for (size_t at = 0; at < length; at++) {
        if (text[at] == ',') {
            ends[state]++;
            state = START;
        } else {
            state = after(state, text[at]);
        }
    }
    for (int at = 0; at < STATES; at++)
        crc = checksum(crc, ends[at]);
    return crc;
}

int main(int count, char **arguments) {
    int rounds = count > 1 ? atoi(arguments[1]) : 1000;
    uint16_t crc = 0;
    for (int round = 0; round < rounds; round++) {
        crc = lists(crc, (int16_t)round);
        crc = matrices(crc);
        crc = states(crc);
    }
    printf("%d rounds: %04x\n", rounds, crc);
    return 0;
}
