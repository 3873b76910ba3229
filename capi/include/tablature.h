/*
 * Tablature: a WebAssembly interpreter, for C without a heap.
 *
 * Everything stands in one arena of bytes that the caller hands over. Nothing is allocated, there are no global
 * variables, and nothing is written outside the arena and the places that the caller passes.
 *
 *     static _Alignas(TABLATURE_ALIGNMENT) uint8_t bytes[96 * 1024];
 *     tablature_arena arena;
 *     const tablature_module *module;
 *     tablature_instance *instance;
 *     tablature_function run;
 *     uint64_t result, argument = tablature_from_i32(20);
 *
 *     tablature_arena_init(&arena, bytes, sizeof bytes);
 *     tablature_load(&arena, wasm, wasm_size, &module, NULL);
 *     tablature_instantiate(&arena, module, NULL, NULL, 0, &instance, NULL);
 *     tablature_find_function(instance, "run", &run);
 *     tablature_call(instance, run, &argument, 1, &result, 1, NULL);
 *
 * (each of these returns a status, which this text does not look at).
 *
 * Rules that hold for all functions:
 *
 * - Ownership: the arena's bytes belong to the library from tablature_load on, until the caller is done with the
 *   modules and instances in them. Nothing has to be freed: the caller forgets the handles and uses the bytes again.
 *   Modules and instances are never moved. The caller writes to the arena only through tablature_memory and its kin.
 * - Lifetime: a module's bytes must neither change nor move as long as the module or an instance of it is used; they
 *   may lie in flash. A module must outlive its instances. What the caller passes otherwise (names, tables of host
 *   functions, arguments) is used only during the call, unless its description says more.
 * - Threads: different instances may be used by different threads at the same time, also instances of one module; one
 *   instance, or one arena, only by one thread at a time. Nothing here may be called from an interrupt that
 *   interrupted a call with the same instance or arena.
 * - Errors: functions that can fail return a tablature_status. The last parameter of most, `error`, may be NULL; else
 *   it is filled in when the status is not TABLATURE_OK, and its status is set to TABLATURE_OK otherwise.
 * - Pointers are not NULL and point to what their type says, unless the description allows NULL. NULL where it is not
 *   allowed is answered with TABLATURE_INVALID_ARGUMENT where that can be told.
 * - Guests cannot read or write anything but their own memory, whatever their bytes are.
 */
#ifndef TABLATURE_H
#define TABLATURE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version ---------------------------------------------------------------------------------------------------- */

#define TABLATURE_VERSION_MAJOR 0
#define TABLATURE_VERSION_MINOR 1
#define TABLATURE_VERSION_PATCH 0

/* The version of this header as one number, to be compared with tablature_version(). */
#define TABLATURE_VERSION (TABLATURE_VERSION_MAJOR * 10000 + TABLATURE_VERSION_MINOR * 100 + TABLATURE_VERSION_PATCH)

/* The version of the library that is linked. Header and library fit if it equals TABLATURE_VERSION. */
uint32_t tablature_version(void);

/* ---- Status, traps, errors -------------------------------------------------------------------------------------- */

/* What became of a call: one of the TABLATURE_ constants below. Not an enum, whose size depends on the compiler. */
typedef int32_t tablature_status;

enum {
    /* It is done. */
    TABLATURE_OK = 0,
    /* The guest trapped, or a host function did. The execution is over; the instance can be called again. */
    TABLATURE_TRAP = 1,
    /* The fuel has run out: set some and resume, or give up. */
    TABLATURE_OUT_OF_FUEL = 2,
    /* The bytes are not a valid module, or use a proposal that this build does not have. */
    TABLATURE_INVALID_MODULE = 3,
    /* The arena is too small. */
    TABLATURE_OUT_OF_ARENA = 4,
    /* An import has no host function of its names, or one of another signature, or is not a function. */
    TABLATURE_IMPORT = 5,
    /* The instance exports nothing of that name and kind. */
    TABLATURE_NOT_FOUND = 6,
    /* The number of arguments or results is not the function's. */
    TABLATURE_ARGUMENTS = 7,
    /* An execution of the instance is stopped or going on, or none is where one must be. */
    TABLATURE_STATE = 8,
    /* A pointer is NULL, a signature is malformed, or a handle is not of this instance. */
    TABLATURE_INVALID_ARGUMENT = 9,
    /* A range reaches beyond the end of the guest's memory. */
    TABLATURE_OUT_OF_BOUNDS = 10,
    /* A mistake of the library, contained. Please report it. */
    TABLATURE_INTERNAL = 11
};

/* Why a guest cannot go on: one of the TABLATURE_TRAP_ constants, or a code of the host's own. */
typedef int32_t tablature_trap;

enum {
    /* No trap: what host functions return to go on. */
    TABLATURE_TRAP_NONE = 0,
    TABLATURE_TRAP_UNREACHABLE = 1,
    TABLATURE_TRAP_DIVIDE_BY_ZERO = 2,
    TABLATURE_TRAP_INTEGER_OVERFLOW = 3,
    TABLATURE_TRAP_INVALID_CONVERSION = 4,
    TABLATURE_TRAP_OUT_OF_BOUNDS_MEMORY_ACCESS = 5,
    TABLATURE_TRAP_OUT_OF_BOUNDS_TABLE_ACCESS = 6,
    TABLATURE_TRAP_UNDEFINED_ELEMENT = 7,
    TABLATURE_TRAP_UNINITIALIZED_ELEMENT = 8,
    TABLATURE_TRAP_INDIRECT_CALL_TYPE_MISMATCH = 9,
    /* stack_slots or call_depth of the configuration are used up. */
    TABLATURE_TRAP_CALL_STACK_EXHAUSTED = 10,
    /* A trap that this version of the header has no name for. */
    TABLATURE_TRAP_OTHER = 255,
    /* Codes from here on belong to host functions: the library passes them on and gives them no meaning. */
    TABLATURE_TRAP_HOST = 256
};

/* The words for a trap, such as "integer divide by zero": static, never NULL. "host trap" for codes from
 * TABLATURE_TRAP_HOST on, "unknown trap" for others that have no name. */
const char *tablature_trap_message(tablature_trap trap);

/* The size of a message in bytes, the zero at its end included. Longer ones are cut. */
#define TABLATURE_MESSAGE_SIZE 128

/* What is to be said of a status. The caller owns it; what does not apply to the status is 0 or NULL. */
typedef struct tablature_error {
    /* The status that was returned. */
    tablature_status status;
    /* TABLATURE_TRAP: which. */
    tablature_trap trap;
    /* TABLATURE_TRAP, TABLATURE_OUT_OF_FUEL: the index in the module of the function that stopped. */
    uint32_t function;
    /* The same: the offset of the instruction. TABLATURE_INVALID_MODULE: the offset of the mistake. In bytes from the
     * module's start. */
    uint32_t offset;
    /* TABLATURE_IMPORT: which import, counted from 0. */
    uint32_t import;
    /* TABLATURE_OUT_OF_ARENA: the list that does not fit, such as "side_table" or "memory_bytes". Static. */
    const char *list;
    /* The same: how many items it needs at least. */
    size_t items;
    /* The same: how many bytes an arena needs at least for what was asked for, with what is in it already. */
    size_t arena_bytes;
    /* All of that in words of English, ended by a zero. Empty if the library was built without messages. */
    char message[TABLATURE_MESSAGE_SIZE];
} tablature_error;

/* ---- The arena -------------------------------------------------------------------------------------------------- */

/* An alignment that suits everything in an arena. An arena that is not aligned so loses some bytes at its start. */
#define TABLATURE_ALIGNMENT 8

/* Bytes for modules and instances, taken from the start on. The caller owns the struct and the bytes.
 *
 * To give back all that was taken last, remember `used` before and write it back after; what was made in between
 * must not be used any more. Nothing else may be changed. */
typedef struct tablature_arena {
    uint8_t *bytes;
    /* How many there are. */
    size_t size;
    /* How many of them are taken. */
    size_t used;
} tablature_arena;

/* Makes an arena of `size` bytes. Does not touch the bytes. */
void tablature_arena_init(tablature_arena *arena, void *bytes, size_t size);

/* ---- Modules ---------------------------------------------------------------------------------------------------- */

/* A validated module. It lies in an arena and is not changed after it was made. */
typedef struct tablature_module tablature_module;

/* How much room an instance gets. All zero is no usable configuration; see TABLATURE_CONFIG_DEFAULT. */
typedef struct tablature_config {
    /* Slots of the value stack, of 8 bytes each: one for each parameter, local and operand of all functions that are
     * active at once; 16 at least, whatever is said here. Beyond them the guest traps with
     * TABLATURE_TRAP_CALL_STACK_EXHAUSTED. */
    size_t stack_slots;
    /* Calls inside each other, of 20 bytes each. Beyond it the guest traps with the same. */
    size_t call_depth;
    /* Bytes up to which each memory can grow, if its type allows that. A memory has its minimum in any case;
     * `memory.grow` beyond what is here returns -1. 0: memories do not grow. */
    size_t memory_bytes;
    /* The same for tables, in entries of 8 bytes. */
    size_t table_entries;
} tablature_config;

/* What is used where a configuration is NULL: 8 KiB of stack, 64 calls inside each other, and neither memories nor
 * tables grow. An initialiser: `tablature_config config = TABLATURE_CONFIG_DEFAULT;` */
#define TABLATURE_CONFIG_DEFAULT { 1024, 64, 0, 0 }

/* How many bytes of an arena a module and an instance need, on the machine that asks. */
typedef struct tablature_requirements {
    /* What a module takes and keeps. */
    size_t module_bytes;
    /* What tablature_load needs beyond that for a while: free again when it returns. This is the one number that is a
     * bound and not exact: loading is often content with less. */
    size_t validation_bytes;
    /* What an instance takes. */
    size_t instance_bytes;
    /* How many of these are for the guest's memories. */
    size_t memory_bytes;
    /* The size of an arena for the module and one instance: module_bytes, and the larger one of validation_bytes and
     * instance_bytes. */
    size_t arena_bytes;
} tablature_requirements;

/* Says what a module needs before there is an arena: reads its sections and decodes its instructions, and validates
 * nothing. `config` may be NULL for the default.
 *
 * Not counted are branches that take more than 7 values along, drop more than 4,095, or pass over more than 32,767
 * others: each takes 12 bytes more. Compilers make none.
 *
 * Returns TABLATURE_OK; TABLATURE_INVALID_MODULE if the bytes cannot be read up to their end (then there may be more
 * wrong with them: tablature_load says what); TABLATURE_INVALID_ARGUMENT. */
tablature_status tablature_measure(const uint8_t *bytes, size_t size, const tablature_config *config,
                                   tablature_requirements *requirements, tablature_error *error);

/* Decodes and validates a module. The bytes are not copied: they must stay where they are (see "Lifetime" above).
 *
 * On TABLATURE_OK, `*module` is the module, and arena->used has grown. Else the arena's `used` is as before.
 *
 * Returns also TABLATURE_INVALID_MODULE (error->offset says where), TABLATURE_OUT_OF_ARENA (error->list, items,
 * arena_bytes), TABLATURE_INVALID_ARGUMENT. */
tablature_status tablature_load(tablature_arena *arena, const uint8_t *bytes, size_t size,
                                const tablature_module **module, tablature_error *error);

/* What an import is. */
enum {
    TABLATURE_KIND_FUNCTION = 0,
    TABLATURE_KIND_TABLE = 1,
    TABLATURE_KIND_MEMORY = 2,
    TABLATURE_KIND_GLOBAL = 3
};

/* An import of a module. The names are UTF-8 without a zero at the end; they lie in the module's bytes. */
typedef struct tablature_import {
    const char *module;
    size_t module_size;
    const char *name;
    size_t name_size;
    /* One of the TABLATURE_KIND_ constants. */
    int32_t kind;
} tablature_import;

/* Import `index`, counted from 0. TABLATURE_NOT_FOUND if the module has fewer. */
tablature_status tablature_module_import(const tablature_module *module, uint32_t index, tablature_import *import);

/* ---- Instances -------------------------------------------------------------------------------------------------- */

/* An instance of a module, its memories, tables and globals, and one execution at a time. It lies in an arena. */
typedef struct tablature_instance tablature_instance;

/* A host function.
 *
 * `slots` has the arguments, from the first on, and takes the results, from the first on: as many places as there are
 * of either, whichever are more. See "Values" below for what a slot holds; what a result of 32 bits has in its upper
 * half does not matter. If there are neither arguments nor results, `slots` must not be looked at.
 *
 * Returns TABLATURE_TRAP_NONE to go on. Any other code ends the execution as a trap with that code; use codes from
 * TABLATURE_TRAP_HOST on for reasons of the host's own.
 *
 * It may use `instance` for its memory, its globals and its fuel. It may not call, resume or give up: that returns
 * TABLATURE_STATE. It must return: no longjmp, and no C++ exception. */
typedef tablature_trap (*tablature_callback)(void *user, tablature_instance *instance, uint64_t *slots);

/* A host function and the import that it is for. */
typedef struct tablature_host_function {
    /* The names of the import, ended by a zero. */
    const char *module;
    const char *name;
    /* Its type: parameters in parentheses, then results, one letter each. i: i32, I: i64, f: f32, F: f64,
     * r: externref, R: funcref. "(ii)i" takes two i32 and gives one, "()" takes and gives nothing. */
    const char *signature;
    tablature_callback callback;
    /* Passed to the callback as it is. Both must stay valid as long as the instance is called. */
    void *user;
} tablature_host_function;

/* Makes an instance: links its imports with `functions` by name, and initialises its memories, tables and globals.
 *
 * Host functions that the module does not import are passed over. Imports that are not functions cannot be given.
 * `config` may be NULL for the default, `functions` if `function_count` is 0. The table of functions and its texts are
 * not needed afterwards.
 *
 * On TABLATURE_OK, `*instance` is the instance, and arena->used has grown. Else the arena's `used` is as before.
 * The arena may be another than the module's. Fuel is not counted at first. The module's start function has not been
 * called: see tablature_start.
 *
 * Returns also TABLATURE_IMPORT (error->import), TABLATURE_OUT_OF_ARENA (error->list, items, arena_bytes),
 * TABLATURE_TRAP (an active segment does not fit its memory or table), TABLATURE_INVALID_ARGUMENT. */
tablature_status tablature_instantiate(tablature_arena *arena, const tablature_module *module,
                                       const tablature_config *config, const tablature_host_function *functions,
                                       size_t function_count, tablature_instance **instance, tablature_error *error);

/* ---- Calls ------------------------------------------------------------------------------------------------------ */

/* A function that an instance exports: valid with this instance, as long as it is. May be copied. */
typedef struct tablature_function {
    uint32_t index;
} tablature_function;

/* Looks up an exported function. `name` ends with a zero. Takes time in proportion to the number of exports.
 *
 * Returns TABLATURE_OK, TABLATURE_NOT_FOUND or TABLATURE_INVALID_ARGUMENT. */
tablature_status tablature_find_function(const tablature_instance *instance, const char *name,
                                         tablature_function *function);

/* Writes the type of a function into `text` in the form of tablature_host_function, cut to `size` bytes with the zero
 * at the end. Returns how many bytes the whole text has, without the zero. `text` may be NULL if `size` is 0. */
size_t tablature_function_signature(const tablature_instance *instance, tablature_function function, char *text,
                                    size_t size);

/* Calls the module's start function, if it has one. To be called once, before anything else of the instance. Returns as
 * tablature_call does; TABLATURE_OK if there is none. */
tablature_status tablature_start(tablature_instance *instance, tablature_error *error);

/* Calls a function with `argument_count` slots of arguments. On TABLATURE_OK, `result_count` slots of results have been
 * written; 32-bit results have zeros above them. What 32-bit arguments have above them does not matter. `arguments` and
 * `results` may be NULL where their counts are 0, and may be the same place.
 *
 * Returns also:
 * - TABLATURE_TRAP: error->trap, function and offset say why and where; the instance can be called again.
 * - TABLATURE_OUT_OF_FUEL: the execution is stopped before the instruction that could not be paid for. Nothing else can
 *   be called in the instance until it is resumed to its end or given up.
 * - TABLATURE_ARGUMENTS: nothing was called.
 * - TABLATURE_STATE: an execution of this instance is stopped or going on. Nothing was called.
 * - TABLATURE_INVALID_ARGUMENT: a pointer is NULL, or the function is not of this instance, or is a host function.
 *
 * The guest's calls do not use the C stack: how much of it is needed does not depend on the guest. */
tablature_status tablature_call(tablature_instance *instance, tablature_function function, const uint64_t *arguments,
                                size_t argument_count, uint64_t *results, size_t result_count, tablature_error *error);

/* Goes on with an execution that ran out of fuel. Results and errors are those of tablature_call; `result_count` must
 * be the same as there. TABLATURE_STATE if none is stopped. */
tablature_status tablature_resume(tablature_instance *instance, uint64_t *results, size_t result_count,
                                  tablature_error *error);

/* Ends an execution that ran out of fuel. What the guest has done to its memory stays done. TABLATURE_STATE if none is
 * stopped. */
tablature_status tablature_give_up(tablature_instance *instance);

/* Fuel that never runs out, because it is not counted: what an instance has at first. */
#define TABLATURE_FUEL_UNLIMITED UINT64_MAX

/* Sets the fuel that is left, in units: each instruction costs at least one, but for those that only delimit blocks. */
void tablature_set_fuel(tablature_instance *instance, uint64_t fuel);

/* The fuel that is left, or TABLATURE_FUEL_UNLIMITED. */
uint64_t tablature_fuel(const tablature_instance *instance);

/* ---- The guest's memory and globals ----------------------------------------------------------------------------- */

/* The bytes of memory 0, and how many there are now; NULL and 0 if there is none. They may be read and written while
 * the guest does not run: between calls and in host functions. Ask again after each call: the guest may have grown its
 * memory. */
uint8_t *tablature_memory(tablature_instance *instance, size_t *size);

/* `size` bytes of memory 0 from `address` on, or NULL if they are not all inside. Valid as those of tablature_memory. */
uint8_t *tablature_memory_range(tablature_instance *instance, uint64_t address, size_t size);

/* Copies `size` bytes of memory 0 from `address` on to `to`; TABLATURE_OUT_OF_BOUNDS, and nothing is copied, if they are
 * not all inside. */
tablature_status tablature_memory_read(tablature_instance *instance, uint64_t address, void *to, size_t size);

/* Copies `size` bytes from `from` to memory 0, from `address` on; TABLATURE_OUT_OF_BOUNDS, and nothing is copied, if
 * they do not all fit. */
tablature_status tablature_memory_write(tablature_instance *instance, uint64_t address, const void *from, size_t size);

/* The value of an exported global as a slot. Returns TABLATURE_OK, TABLATURE_NOT_FOUND or
 * TABLATURE_INVALID_ARGUMENT. */
tablature_status tablature_global(const tablature_instance *instance, const char *name, uint64_t *value);

/* ---- Values ----------------------------------------------------------------------------------------------------- */

/* A slot of 64 bits holds one value: an i64; an i32 or the bits of an f32, with zeros above; the bits of an f64; or a
 * reference, which only the library can read (0 to 2^64-1, as it gave it). */

static inline uint64_t tablature_from_i32(int32_t value) { return (uint32_t)value; }
static inline uint64_t tablature_from_i64(int64_t value) { return (uint64_t)value; }
static inline int32_t tablature_to_i32(uint64_t slot) { return (int32_t)(uint32_t)slot; }
static inline uint32_t tablature_to_u32(uint64_t slot) { return (uint32_t)slot; }
static inline int64_t tablature_to_i64(uint64_t slot) { return (int64_t)slot; }

static inline uint64_t tablature_from_f32(float value) {
    union { float value; uint32_t bits; } both;
    both.value = value;
    return both.bits;
}

static inline uint64_t tablature_from_f64(double value) {
    union { double value; uint64_t bits; } both;
    both.value = value;
    return both.bits;
}

static inline float tablature_to_f32(uint64_t slot) {
    union { float value; uint32_t bits; } both;
    both.bits = (uint32_t)slot;
    return both.value;
}

static inline double tablature_to_f64(uint64_t slot) {
    union { double value; uint64_t bits; } both;
    both.bits = slot;
    return both.value;
}

#ifdef __cplusplus
}
#endif

#endif
