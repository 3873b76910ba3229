/* For an ATmega328P: a light that blinks in Morse code. It comes with what a C library would bring to start it. */

#define PORTB (*(volatile unsigned char *)0x25)
#define DDRB (*(volatile unsigned char *)0x24)

/* Sections .init0 to .init9 run one after the other; libgcc's .init4 copies data from flash to RAM. */
__attribute__((naked, used, section(".init2"))) static void zero_register(void) { __asm__("clr r1"); }
__attribute__((naked, used, section(".init9"))) static void start(void) { __asm__("rjmp main"); }

static char message[] = "sos";

static void wait(unsigned units) {
    while (units--)
        for (volatile unsigned long n = 0; n < 40000; n++) {
        }
}

/* A one, then a bit for each sign: one for a dash. */
static unsigned char code(char letter) {
    switch (letter) {
    case 's':
        return 0x08;
    case 'o':
        return 0x0F;
    default:
        return 0x01;
    }
}

int main(void) {
    DDRB |= 1 << 5;
    for (;;) {
        for (char *letter = message; *letter; letter++) {
            unsigned char bits = code(*letter), length = 7;
            while (!(bits >> length))
                length--;
            while (length--) {
                PORTB |= 1 << 5;
                wait(bits >> length & 1 ? 3 : 1);
                PORTB &= ~(1 << 5);
                wait(1);
            }
            wait(3);
        }
        wait(7);
    }
}
