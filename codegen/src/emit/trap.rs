//! `trap.rs`: the ways in which a guest fails.

use crate::model::{Model, camel};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

pub(super) fn emit(model: &Model) -> TokenStream {
    let names: Vec<_> = model.traps.iter().map(|trap| format_ident!("{}", camel(&trap.name))).collect();
    let ids = model.traps.iter().map(|trap| &trap.name);
    let docs = model.traps.iter().map(|trap| format!(" {}", trap.doc));
    let messages: Vec<_> = model.traps.iter().map(|trap| &trap.message).collect();
    let count = names.len();
    quote! {
        /// Why a guest cannot go on.
        ///
        /// The messages are those of the specification's test suite.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Trap { #(#[doc = #docs] #names,)* }

        impl Trap {
            /// Every trap.
            pub const ALL: [Self; #count] = [#(Self::#names),*];

            /// The message, such as "integer divide by zero".
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { #(Self::#names => #messages,)* }
            }

            /// Its name in the table, such as `divide_by_zero`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { #(Self::#names => #ids,)* }
            }
        }
    }
}
