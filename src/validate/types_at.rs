//! The types of locals and operands at any instruction, by validating the function again up to there.

use super::{Scratch, SideTable, StopAt, validate_function};
use crate::binary::{ModuleError, Parts, Reader};
use crate::features::Features;
use crate::limits::ModuleLimits;
use crate::types::Type;
use alloc::vec::Vec;

/// The types of a frame at one instruction, before it is executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypesAt {
    /// Parameters and locals.
    pub locals: Vec<Type>,
    /// Operands, deepest first; of an instruction that cannot be reached, those after the last branch.
    pub operands: Vec<Type>,
}

/// The types at the instruction at `offset` of function `function`; nothing if the function does not hold it.
pub(crate) fn types_at(
    bytes: &[u8],
    parts: &Parts<'_>,
    features: Features,
    function: u32,
    offset: u32,
) -> Result<Option<TypesAt>, ModuleError> {
    let Some(body) = parts.body(function).filter(|body| (body.start..=body.end).contains(&offset)) else {
        return Ok(None);
    };
    let end = (body.end as usize).saturating_add(1);
    let reader = Reader::new(bytes.get(..end).unwrap_or_default(), features).at(body.declarations as usize);
    let (mut scratch, mut side) = (Scratch::default(), SideTable::default());
    let limits = ModuleLimits::default();
    let stop = Some(StopAt(offset as usize));
    validate_function(parts, &mut scratch, &limits, &mut side, reader, function, stop)?;
    side.clear();
    let (locals, operands) = (scratch.locals.as_slice().to_vec(), scratch.operands.as_slice().to_vec());
    Ok(Some(TypesAt { locals, operands }))
}
