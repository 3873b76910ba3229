/*
 * Start-up of the example on a bare Cortex-M: vectors, memory, and a console through semihosting, which debuggers and
 * emulators have.
 */
#include "../console.h"

#include <stddef.h>
#include <stdint.h>

int main(void);

/* From memory.ld. */
extern uint8_t data_start[], data_end[], data_source[], bss_start[], bss_end[], stack_end[];

/* Operations of semihosting. */
#define SYS_WRITE0 0x04
#define SYS_EXIT 0x18
#define STOPPED_RUN_TIME_ERROR 0x20023
#define STOPPED_APPLICATION_EXIT 0x20026

static void semihost(uintptr_t operation, uintptr_t argument) {
    register uintptr_t r0 __asm__("r0") = operation;
    register uintptr_t r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

void console_write(const char *text) { semihost(SYS_WRITE0, (uintptr_t)text); }

static void reset(void) {
    uint8_t *to = data_start;
    const uint8_t *from = data_source;
    int failed;
    while (to < data_end) {
        *to++ = *from++;
    }
    for (to = bss_start; to < bss_end; to++) {
        *to = 0;
    }
    failed = main();
    semihost(SYS_EXIT, failed ? STOPPED_RUN_TIME_ERROR : STOPPED_APPLICATION_EXIT);
    for (;;) {
    }
}

static void fault(void) {
    console_write("fault\n");
    semihost(SYS_EXIT, STOPPED_RUN_TIME_ERROR);
    for (;;) {
    }
}

typedef void (*handler)(void);

typedef struct vectors {
    const void *stack;
    handler handlers[15];
} vectors;

__attribute__((section(".vectors"), used)) static const vectors table = {
    stack_end,
    {reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, fault, fault},
};
