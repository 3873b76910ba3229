/*
 * Loads a guest, gives it two host functions, and shows what can happen: a result, a trap, running out of fuel and
 * going on, an arena that is too small, a module that is damaged.
 *
 * Uses no library but tablature, so that it is the same program on a computer and on a bare microcontroller: all that
 * differs is console_write. scripts/capi builds it, runs it, and compares what it writes with embed.expected.
 */
#include "tablature.h"

#include "console.h"
#include "guest.h"

/* Everything that the library needs. How much that is at least, tablature_measure says. */
static _Alignas(TABLATURE_ALIGNMENT) uint8_t arena_bytes[8 * 1024];

/* What the host functions work with: passed to them as `user`. */
typedef struct printer {
    unsigned lines;
} printer;

#define TRAP_STRAY_TEXT (TABLATURE_TRAP_HOST + 1)

/* ---- Writing ------------------------------------------------------------------------------------------------------ */

static void write_number(int64_t number) {
    char digits[24];
    char *first = digits + sizeof digits - 1;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    *first = '\0';
    do {
        *--first = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) {
        *--first = '-';
    }
    console_write(first);
}

static void write_result(const char *what, int64_t number) {
    console_write(what);
    console_write(" = ");
    write_number(number);
    console_write("\n");
}

static void write_line(const char *what, const char *text) {
    console_write(what);
    console_write(": ");
    console_write(text);
    console_write("\n");
}

/* ---- Host functions ----------------------------------------------------------------------------------------------- */

/* print(text, size): the guest gives an address in its memory, which has to be checked. */
static tablature_trap host_print(void *user, tablature_instance *instance, uint64_t *slots) {
    char text[33];
    uint32_t address = tablature_to_u32(slots[0]), size = tablature_to_u32(slots[1]);
    if (size >= sizeof text || tablature_memory_read(instance, address, text, size) != TABLATURE_OK) {
        return TRAP_STRAY_TEXT;
    }
    text[size] = '\0';
    ((printer *)user)->lines += 1;
    write_line("guest", text);
    return TABLATURE_TRAP_NONE;
}

/* double(number) -> number */
static tablature_trap host_double(void *user, tablature_instance *instance, uint64_t *slots) {
    (void)user;
    (void)instance;
    slots[0] = tablature_from_i32(tablature_to_i32(slots[0]) * 2);
    return TABLATURE_TRAP_NONE;
}

/* ---- The guest ---------------------------------------------------------------------------------------------------- */

/* Calls an exported function of up to two i32 that gives an i32. */
static tablature_status call(tablature_instance *instance, const char *name, const int32_t *arguments, size_t count,
                             int32_t *result, tablature_error *error) {
    tablature_function function;
    uint64_t slots[2];
    tablature_status status = tablature_find_function(instance, name, &function);
    size_t place;
    if (status != TABLATURE_OK) {
        return status;
    }
    for (place = 0; place < count; place++) {
        slots[place] = tablature_from_i32(arguments[place]);
    }
    status = tablature_call(instance, function, slots, count, slots, 1, error);
    *result = status == TABLATURE_OK ? tablature_to_i32(slots[0]) : 0;
    return status;
}

/* An arena that is too small says how large it must be. Returns whether that is what was measured. */
static int try_small_arena(const tablature_config *config, const tablature_host_function *functions, size_t count,
                           const tablature_requirements *needed) {
    tablature_arena arena;
    tablature_error error;
    const tablature_module *module;
    tablature_instance *instance;
    tablature_arena_init(&arena, arena_bytes, needed->arena_bytes - 64);
    if (tablature_load(&arena, guest, sizeof guest, &module, &error) != TABLATURE_OK ||
        tablature_instantiate(&arena, module, config, functions, count, &instance, &error) != TABLATURE_OUT_OF_ARENA) {
        return 0;
    }
    write_line("too small for", error.list);
    return error.items == 256 && error.arena_bytes == needed->arena_bytes && arena.used <= needed->module_bytes;
}

static int run(tablature_instance *instance, const printer *printed) {
    tablature_error error;
    tablature_function sum, half;
    uint64_t slot;
    int32_t result;
    const int32_t twenty = 20, seven_by_zero[2] = {7, 0};
    unsigned stops = 0;
    tablature_status status;
    char signature[8];

    if (tablature_start(instance, &error) != TABLATURE_OK) {
        return 1;
    }

    /* A call, and what it has changed. */
    if (call(instance, "run", &twenty, 1, &result, &error) != TABLATURE_OK) {
        return 2;
    }
    write_result("run(20)", result);
    if (tablature_global(instance, "calls", &slot) != TABLATURE_OK || printed->lines != 1) {
        return 3;
    }
    write_result("calls", tablature_to_i32(slot));

    /* Floats. */
    slot = tablature_from_f64(9.0);
    if (tablature_find_function(instance, "half", &half) != TABLATURE_OK ||
        tablature_call(instance, half, &slot, 1, &slot, 1, &error) != TABLATURE_OK) {
        return 4;
    }
    write_result("10 * half(9)", (int64_t)(tablature_to_f64(slot) * 10.0));
    if (tablature_function_signature(instance, half, signature, sizeof signature) != 4) {
        return 5;
    }
    write_line("half has type", signature);

    /* A trap: the instance goes on living. */
    if (call(instance, "divide", seven_by_zero, 2, &result, &error) != TABLATURE_TRAP ||
        error.trap != TABLATURE_TRAP_DIVIDE_BY_ZERO) {
        return 6;
    }
    write_line("divide(7, 0)", error.message);
    write_line("in other words", tablature_trap_message(error.trap));

    /* A trap of a host function. */
    if (call(instance, "stray", NULL, 0, &result, &error) != TABLATURE_ARGUMENTS) {
        return 7;
    }
    if (tablature_find_function(instance, "stray", &half) != TABLATURE_OK ||
        tablature_call(instance, half, NULL, 0, NULL, 0, &error) != TABLATURE_TRAP || error.trap != TRAP_STRAY_TEXT) {
        return 8;
    }
    write_line("stray()", error.message);

    /* The memory grows up to what the configuration has room for. */
    if (call(instance, "grow", &twenty, 1, &result, &error) != TABLATURE_OK) {
        return 9;
    }
    write_result("grow(20)", result);

    /* Fuel: a slice at a time. */
    tablature_set_fuel(instance, 300);
    if (tablature_find_function(instance, "sum", &sum) != TABLATURE_OK) {
        return 10;
    }
    slot = tablature_from_i32(100);
    status = tablature_call(instance, sum, &slot, 1, &slot, 1, &error);
    while (status == TABLATURE_OUT_OF_FUEL) {
        if (stops == 0) {
            write_line("sum(100)", error.message);
        }
        if (tablature_call(instance, sum, &slot, 1, &slot, 1, NULL) != TABLATURE_STATE) {
            return 11;
        }
        stops += 1;
        tablature_set_fuel(instance, 300);
        status = tablature_resume(instance, &slot, 1, &error);
    }
    if (status != TABLATURE_OK) {
        return 12;
    }
    write_result("sum(100)", tablature_to_i32(slot));
    write_result("stops", stops);

    /* An execution can be given up. */
    slot = tablature_from_i32(1000);
    tablature_set_fuel(instance, 10);
    if (tablature_call(instance, sum, &slot, 1, &slot, 1, &error) != TABLATURE_OUT_OF_FUEL ||
        tablature_give_up(instance) != TABLATURE_OK || tablature_resume(instance, &slot, 1, &error) != TABLATURE_STATE) {
        return 13;
    }
    write_line("given up", error.message);
    tablature_set_fuel(instance, TABLATURE_FUEL_UNLIMITED);
    return 0;
}

int main(void) {
    tablature_arena arena;
    tablature_error error;
    tablature_requirements needed;
    const tablature_module *module;
    tablature_instance *instance;
    printer printed = {0};
    const tablature_host_function functions[] = {
        {"host", "double", "(i)i", host_double, NULL},
        {"host", "print", "(ii)", host_print, &printed},
    };
    const tablature_host_function wrong = {"host", "print", "(i)", host_print, &printed};
    const size_t count = sizeof functions / sizeof functions[0];
    tablature_config config = TABLATURE_CONFIG_DEFAULT;
    int failed;

    if (tablature_version() != TABLATURE_VERSION) {
        return 20;
    }

    /* How much is needed? */
    config.stack_slots = 256;
    config.call_depth = 16;
    config.memory_bytes = 256;
    if (tablature_measure(guest, sizeof guest, &config, &needed, &error) != TABLATURE_OK) {
        return 21;
    }
    write_result("bytes of memory", (int64_t)needed.memory_bytes);
    if (needed.arena_bytes > sizeof arena_bytes || !try_small_arena(&config, functions, count, &needed)) {
        return 22;
    }

    /* A damaged module. */
    tablature_arena_init(&arena, arena_bytes, sizeof arena_bytes);
    if (tablature_load(&arena, guest, sizeof guest - 1, &module, &error) != TABLATURE_INVALID_MODULE || arena.used != 0) {
        return 23;
    }
    write_line("damaged", error.message);

    /* The real one, in exactly the bytes that were measured. */
    tablature_arena_init(&arena, arena_bytes, needed.arena_bytes);
    if (tablature_load(&arena, guest, sizeof guest, &module, &error) != TABLATURE_OK) {
        write_line("load", error.message);
        return 24;
    }
    if (tablature_instantiate(&arena, module, &config, &wrong, 1, &instance, &error) != TABLATURE_IMPORT) {
        return 25;
    }
    write_line("link", error.message);
    if (tablature_instantiate(&arena, module, &config, functions, count, &instance, &error) != TABLATURE_OK) {
        write_line("instantiate", error.message);
        return 26;
    }
    failed = run(instance, &printed);
    if (failed != 0) {
        write_result("failed", failed);
        return failed;
    }
    console_write("done\n");
    return 0;
}
