/*
 * Sizes and offsets of the header's structs, as src/lib.rs asserts them of its own. Compiles as C and as C++; there is
 * nothing to run.
 */
#include "tablature.h"

#ifdef __cplusplus
#define ASSERT(condition) static_assert(condition, #condition)
#else
#define ASSERT(condition) _Static_assert(condition, #condition)
#endif

#define WORD sizeof(size_t)
/* Where a word begins after `bytes` bytes. */
#define WORD_AFTER(bytes) (((bytes) + WORD - 1) / WORD * WORD)

ASSERT(sizeof(void *) == WORD);
ASSERT(sizeof(tablature_arena) == 3 * WORD);
ASSERT(sizeof(tablature_config) == 4 * WORD);
ASSERT(sizeof(tablature_requirements) == 5 * WORD);
ASSERT(sizeof(tablature_import) == 5 * WORD);
ASSERT(sizeof(tablature_host_function) == 5 * WORD);
ASSERT(sizeof(tablature_function) == 4);
ASSERT(sizeof(tablature_error) == WORD_AFTER(20) + 3 * WORD + TABLATURE_MESSAGE_SIZE);
ASSERT(offsetof(tablature_error, import) == 16);
ASSERT(offsetof(tablature_error, list) == WORD_AFTER(20));
ASSERT(offsetof(tablature_error, message) == WORD_AFTER(20) + 3 * WORD);
ASSERT(offsetof(tablature_import, kind) == 4 * WORD);
