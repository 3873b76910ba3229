//! Types of functions as text: `(ii)i`.

#![forbid(unsafe_code)]

use tablature_engine::heapless::ValType;

/// The bytes of value types in the binary format and their letters.
const LETTERS: [(u8, u8); 6] = [(0x7F, b'i'), (0x7E, b'I'), (0x7D, b'f'), (0x7C, b'F'), (0x6F, b'r'), (0x70, b'R')];

/// Whether a value type, as in the binary format, has 32 bits.
pub const fn is_narrow(ty: u8) -> bool {
    matches!(ty, 0x7F | 0x7D)
}

fn letter(ty: u8) -> Option<u8> {
    LETTERS.iter().find(|(byte, _)| *byte == ty).map(|(_, letter)| *letter)
}

/// The letter of a type.
pub fn letter_of(ty: ValType) -> u8 {
    let found = LETTERS.iter().find(|(byte, _)| ValType::from_byte(*byte) == Some(ty));
    found.map_or(b'?', |(_, letter)| *letter)
}

/// Whether `text` is the type with these parameters and results, as in the binary format; nothing if it is no type.
pub fn matches(text: &[u8], params: &[u8], results: &[u8]) -> Option<bool> {
    let inner = text.strip_prefix(b"(")?;
    let end = inner.iter().position(|byte| *byte == b')')?;
    let (own_params, rest) = inner.split_at_checked(end)?;
    let own_results = rest.get(1..)?;
    let is_known = |given: &u8| LETTERS.iter().any(|(_, letter)| letter == given);
    if !own_params.iter().chain(own_results).all(is_known) {
        return None;
    }
    let same = |own: &[u8], types: &[u8]| own.iter().map(|byte| Some(*byte)).eq(types.iter().map(|ty| letter(*ty)));
    Some(same(own_params, params) && same(own_results, results))
}
