// A machine with a stack for a small language: parses expressions and loops to code of its own, and runs that.
#include "check.h"
#include <stdlib.h>
#include <string.h>

enum op { PUSH, LOAD, STORE, ADD, SUB, MUL, DIV, MOD, LESS, EQUAL, JUMP_ZERO, JUMP, CALL, RETURN, PRINT, HALT };
static int32_t code[4096], code_size, functions[26];
static const char *at;

static void emit(int32_t word) { code[code_size++] = word; }
static void skip(void) { while (*at == ' ' || *at == '\n') at++; }
static int take(char c) { return skip(), *at == c ? (at++, 1) : 0; }
static void expression(int level);

static void primary(void) {
    skip();
    if (*at >= '0' && *at <= '9') {
        int32_t value = 0;
        while (*at >= '0' && *at <= '9') value = value * 10 + *at++ - '0';
        emit(PUSH), emit(value);
    } else if (take('(')) {
        expression(0), take(')');
    } else if (*at >= 'A' && *at <= 'Z') {
        int function = *at++ - 'A';
        expression(2), emit(CALL), emit(function);
    } else {
        emit(LOAD), emit(*at++ - 'a');
    }
}

static void expression(int level) {
    static const char *operators[] = {"<=", "+-", "*/%"};
    static const enum op ops[][3] = {{LESS, EQUAL}, {ADD, SUB}, {MUL, DIV, MOD}};
    if (level == 3) return primary();
    expression(level + 1);
    for (;;) {
        skip();
        const char *found = *at ? strchr(operators[level], *at) : NULL;
        if (!found) return;
        at++, expression(level + 1), emit(ops[level][found - operators[level]]);
    }
}

static void block(void);
static void statement(void) {
    if (take('?')) {
        expression(0), emit(JUMP_ZERO);
        int hole = code_size++;
        block(), code[hole] = code_size;
    } else if (take('@')) {
        int start = code_size;
        expression(0), emit(JUMP_ZERO);
        int hole = code_size++;
        block(), emit(JUMP), emit(start), code[hole] = code_size;
    } else if (take('!')) {
        expression(0), emit(PRINT), take(';');
    } else if (take('^')) {
        expression(0), emit(RETURN), take(';');
    } else {
        skip();
        int variable = *at++ - 'a';
        take(':'), expression(0), emit(STORE), emit(variable), take(';');
    }
}

static void block(void) {
    take('{');
    while (!take('}')) statement();
}

struct frame { int32_t back, variables[26]; };

static void run(int32_t ip) {
    static int32_t stack[1024];
    static struct frame frames[256];
    int sp = 0;
    struct frame *frame = frames;
    for (;;) {
        switch ((enum op)code[ip++]) {
        case PUSH: stack[sp++] = code[ip++]; break;
        case LOAD: stack[sp++] = frame->variables[code[ip++]]; break;
        case STORE: frame->variables[code[ip++]] = stack[--sp]; break;
        case ADD: sp--, stack[sp - 1] = (int32_t)((uint32_t)stack[sp - 1] + (uint32_t)stack[sp]); break;
        case SUB: sp--, stack[sp - 1] -= stack[sp]; break;
        case MUL: sp--, stack[sp - 1] = (int32_t)((uint32_t)stack[sp - 1] * (uint32_t)stack[sp]); break;
        case DIV: sp--, stack[sp - 1] /= stack[sp]; break;
        case MOD: sp--, stack[sp - 1] %= stack[sp]; break;
        case LESS: sp--, stack[sp - 1] = stack[sp - 1] < stack[sp]; break;
        case EQUAL: sp--, stack[sp - 1] = stack[sp - 1] == stack[sp]; break;
        case JUMP_ZERO: ip = stack[--sp] ? ip + 1 : code[ip]; break;
        case JUMP: ip = code[ip]; break;
        case CALL: {
            int32_t function = code[ip];
            frame++, frame->back = ip + 1, frame->variables[0] = stack[--sp], ip = functions[function];
            break;
        }
        case RETURN: ip = frame->back, frame--; break;
        case PRINT: check((uint64_t)(int64_t)stack[--sp]); break;
        case HALT: return;
        }
    }
}

int main(void) {
    at = "{ ? a < 2 { ^ a; } ^ F(a-1) + F(a-2); }";
    functions['F' - 'A'] = code_size, block();
    at = "{ ? a % 2 = 0 { ^ a / 2; } ^ a * 3 + 1; }";
    functions['C' - 'A'] = code_size, block();
    int32_t start = code_size;
    at = "{ ! F(19); n: 1; @ n < 700 { c: n; s: 0; @ 1 < c { c: C(c); s: s + 1; } ! s; n: n + 1; }"
         "  i: 2; @ i < 900 { j: 2; p: 1; @ j * j < i + 1 { ? i % j = 0 { p: 0; j: i; } j: j + 1; } ? p { ! i; } i: i + 1; } }";
    block(), emit(HALT);
    run(start);
    return check_print();
}
