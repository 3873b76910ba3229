//! Texts and numbers, without the formatting of the standard library, which would be larger than all else here.

use crate::machine;

pub fn text(text: &str) {
    text.bytes().for_each(machine::write);
}

pub fn texts(parts: &[&str]) {
    parts.iter().for_each(|part| text(part));
}

/// Prints a number in decimal digits.
pub fn number(mut number: u32) {
    let mut digits = [0u8; 10];
    let mut count = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0'.wrapping_add((number % 10) as u8);
        number /= 10;
        count += 1;
        if number == 0 {
            break;
        }
    }
    digits.iter().skip(digits.len().saturating_sub(count)).copied().for_each(machine::write);
}
