/* Where the example writes to: standard output, or a debugger's console. */
#ifndef CONSOLE_H
#define CONSOLE_H

/* Writes a text that ends with a zero. */
void console_write(const char *text);

#endif
