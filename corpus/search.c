// Searches: queens by masks, a sudoku by trying, a pattern with stars by going back, a game of four in a row.
#include "check.h"
#include <string.h>

static int queens(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
    int count = columns == all;
    for (uint32_t free = all & ~(columns | left | right); free; free &= free - 1) {
        uint32_t bit = free & -free;
        count += queens(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return count;
}

static uint8_t grid[81];
static uint16_t rows[9], columns[9], boxes[9];

static int solve(void) {
    int best = -1, fewest = 10;
    uint16_t choices = 0;
    for (int at = 0; at < 81; at++) {
        if (grid[at]) continue;
        uint16_t free = (uint16_t)(~(rows[at / 9] | columns[at % 9] | boxes[at / 27 * 3 + at % 9 / 3]) & 511);
        int count = __builtin_popcount(free);
        if (count < fewest) fewest = count, best = at, choices = free;
    }
    if (best < 0) return 1;
    int row = best / 9, column = best % 9, box = best / 27 * 3 + column / 3;
    for (; choices; choices &= choices - 1) {
        uint16_t bit = choices & (uint16_t)-choices;
        grid[best] = (uint8_t)(__builtin_ctz(bit) + 1);
        rows[row] |= bit, columns[column] |= bit, boxes[box] |= bit;
        check(bit);
        if (solve()) return 1;
        rows[row] &= ~bit, columns[column] &= ~bit, boxes[box] &= ~bit;
    }
    grid[best] = 0;
    return 0;
}

static int matches(const char *pattern, const char *text) {
    for (;; pattern++, text++) {
        if (*pattern == '*') {
            for (;; text++) {
                if (matches(pattern + 1, text)) return 1;
                if (!*text) return 0;
            }
        }
        if (*pattern == 0 || *text == 0) return *pattern == *text;
        if (*pattern != '?' && *pattern != *text) return 0;
    }
}

static uint64_t won(uint64_t b) {
    for (int shift = 1; shift <= 9; shift += shift == 1 ? 6 : 1) {
        uint64_t pairs = b & b >> shift;
        if (pairs & pairs >> 2 * shift) return 1;
    }
    return 0;
}

static int value(uint64_t mine, uint64_t all, int depth, int alpha, int beta) {
    if (won(all & ~mine)) return -100 - depth;
    if (depth == 0) return (int)(__builtin_popcountll(mine & 0x3E1F0F87C3E1F) - 3);
    for (int column = 0; column < 7; column++) {
        uint64_t top = 1ull << (column * 8 + 5), next = (all + (1ull << column * 8)) & ~all;
        if (all & top) continue;
        next &= 0x3Full << column * 8;
        if (!next) continue;
        int score = -value(all & ~mine, all | next, depth - 1, -beta, -alpha);
        if (score > alpha) alpha = score;
        if (alpha >= beta) break;
    }
    return alpha;
}

int main(void) {
    check((uint64_t)queens(511, 0, 0, 0));
    static const char puzzle[] = "..............3.85..1.2.......5.7.....4...1...9.......5......73..2.1........4...9";
    static const char easier[] = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
    for (int round = 0; round < 8; round++) {
        memset(rows, 0, sizeof rows), memset(columns, 0, sizeof columns), memset(boxes, 0, sizeof boxes);
        for (int at = 0; at < 81; at++) {
            char c = round ? easier[at] : puzzle[at];
            if (round == 0 && at % 5 == 0) c = '.';
            grid[at] = c == '.' ? 0 : (uint8_t)(c - '0');
            if (!grid[at]) continue;
            uint16_t bit = (uint16_t)(1 << (grid[at] - 1));
            rows[at / 9] |= bit, columns[at % 9] |= bit, boxes[at / 27 * 3 + at % 9 / 3] |= bit;
        }
        check((uint64_t)solve());
    }
    char text[64];
    for (int i = 0; i < 300; i++) {
        for (int k = 0; k < 40; k++) text[k] = (char)('a' + next_random() % 2);
        text[40] = 0;
        check((uint64_t)matches("*ab*ba??b*aa*bb", text));
    }
    check((uint64_t)value(0, 0, 7, -1000, 1000));
    return check_print();
}
