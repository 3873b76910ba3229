//! Function types of a store: equal types of different modules get one number, so that an indirect call compares two
//! numbers.

use crate::buf::{Buf, Full};
use crate::types::{Signature, Type};

/// A function type: where its types stand in the list of types, parameters first.
#[derive(Debug, Clone, Copy)]
pub struct SignatureEntry {
    start: u32,
    params: u32,
    results: u32,
}

/// The function types that a store has seen.
#[derive(Debug, Default)]
pub(crate) struct Signatures<'a> {
    pub entries: Buf<'a, SignatureEntry>,
    pub types: Buf<'a, Type>,
    /// Numbers, sorted by signature.
    pub order: Buf<'a, u32>,
}

impl SignatureEntry {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self { start: 0, params: 0, results: 0 };
}

impl Signatures<'_> {
    /// The signature of this number.
    pub(crate) fn get(&self, number: u32) -> Signature<'_> {
        let Some(entry) = self.entries.get(number as usize) else { return Signature::default() };
        let start = entry.start as usize;
        let middle = start.saturating_add(entry.params as usize);
        let end = middle.saturating_add(entry.results as usize);
        let types = self.types.as_slice();
        Signature {
            params: types.get(start..middle).unwrap_or_default(),
            results: types.get(middle..end).unwrap_or_default(),
        }
    }

    /// The number of `signature`, a new one if it was never seen.
    pub(crate) fn intern(&mut self, signature: Signature<'_>) -> Result<u32, Full> {
        let key = |signature: Signature<'_>| (signature.params.len(), signature.results.len());
        let place = self.order.as_slice().binary_search_by(|number| {
            let known = self.get(*number);
            key(known)
                .cmp(&key(signature))
                .then_with(|| known.params.cmp(signature.params))
                .then_with(|| known.results.cmp(signature.results))
        });
        match place {
            Ok(place) => Ok(self.order.get(place).unwrap_or_default()),
            Err(place) => {
                let number = self.entries.len() as u32;
                let start = self.types.len() as u32;
                self.types.extend_from_slice(signature.params)?;
                self.types.extend_from_slice(signature.results)?;
                let (params, results) = (signature.params.len() as u32, signature.results.len() as u32);
                self.entries.push(SignatureEntry { start, params, results })?;
                self.order.insert(place, number)?;
                Ok(number)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_signatures_have_one_number() {
        let mut signatures = Signatures::default();
        let binary = Signature { params: &[Type::I32, Type::I32], results: &[Type::I32] };
        let swapped = Signature { params: &[Type::I32], results: &[Type::I32, Type::I32] };
        let first = signatures.intern(binary).unwrap();
        let second = signatures.intern(swapped).unwrap();
        assert_ne!(first, second);
        assert_eq!(signatures.intern(binary), Ok(first));
        assert_eq!((signatures.get(first), signatures.get(second)), (binary, swapped));
    }
}
