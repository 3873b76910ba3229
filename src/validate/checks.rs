//! The rules that the table's stack notation cannot say: one function for each `check` of a row.

use super::{Result, Validator};
use crate::binary::ErrorKind;
use crate::opcode::Opcode;
use crate::proposal::Proposal;
use crate::types::Type;

impl Validator<'_, '_, '_> {
    /// `global.get`: a constant expression may read only immutable globals that have their value already.
    pub(super) fn check_constant_global(&self, index: u32) -> Result<()> {
        if !self.constant {
            return Ok(());
        }
        let is_imported = index < self.parts.imported_globals;
        if !is_imported && !self.features.contains(Proposal::ExtendedConst) {
            return Err(self.error(ErrorKind::UnknownGlobal(index)));
        }
        if self.global(index)?.mutable {
            return Err(self.error(ErrorKind::ConstantRequired(Opcode::GlobalGet)));
        }
        Ok(())
    }

    /// `global.set`: the global must be mutable.
    pub(super) fn check_mutable_global(&self, index: u32) -> Result<()> {
        if self.global(index)?.mutable { Ok(()) } else { Err(self.error(ErrorKind::ImmutableGlobal(index))) }
    }

    /// `ref.func`: outside of constant expressions, only functions that stand somewhere else in the module, too.
    #[cfg(feature = "reference-types")]
    pub(super) fn check_declared_function(&self, index: u32) -> Result<()> {
        let is_declared = self.parts.functions.get(index as usize).is_some_and(|function| function.declared);
        if self.constant || is_declared { Ok(()) } else { Err(self.error(ErrorKind::UndeclaredFunction(index))) }
    }

    /// `call_indirect`: through a table of functions only.
    pub(super) fn check_function_table(&self, _ty: u32, table: u32) -> Result<()> {
        let element = self.table(table)?.element;
        if element == Type::FUNCREF { Ok(()) } else { Err(self.error(ErrorKind::FunctionTable(element))) }
    }

    /// `return_call`: the callee's results are the caller's.
    #[cfg(feature = "tail-call")]
    pub(super) fn check_tail_call(&self, function: u32) -> Result<()> {
        self.same_results(self.function(function)?.results)
    }

    /// `return_call_indirect`: both of the rules above.
    #[cfg(feature = "tail-call")]
    pub(super) fn check_tail_call_indirect(&self, ty: u32, table: u32) -> Result<()> {
        self.check_function_table(ty, table)?;
        self.same_results(self.function_type(ty)?.results)
    }

    #[cfg(feature = "tail-call")]
    fn same_results(&self, results: &[Type]) -> Result<()> {
        if results == self.signature.results { Ok(()) } else { Err(self.error(ErrorKind::TailCallResults)) }
    }

    /// `table.init`: the segment's entries fit the table.
    #[cfg(feature = "bulk-memory")]
    pub(super) fn check_table_init(&self, segment: u32, table: u32) -> Result<()> {
        self.same_elements(self.table(table)?.element, self.element_segment(segment)?)
    }

    /// `table.copy`: the source's entries fit the destination.
    #[cfg(feature = "bulk-memory")]
    pub(super) fn check_table_copy(&self, destination: u32, source: u32) -> Result<()> {
        self.same_elements(self.table(destination)?.element, self.table(source)?.element)
    }

    #[cfg(feature = "bulk-memory")]
    fn same_elements(&self, expected: Type, found: Type) -> Result<()> {
        if expected == found { Ok(()) } else { Err(self.error(ErrorKind::TypeMismatch { expected, found })) }
    }
}
