//! `fuel.rs`: the price classes.

use crate::model::{Flow, FuelClass, Model, camel};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

pub(super) fn emit(model: &Model) -> TokenStream {
    let names: Vec<_> = model.fuel.iter().map(|class| format_ident!("{}", camel(&class.name))).collect();
    let ids = model.fuel.iter().map(|class| &class.name);
    let docs = model.fuel.iter().map(|class| {
        let users: Vec<String> =
            model.ops.iter().filter(|op| model.fuel[op.fuel] == *class).map(|op| format!("`{}`", op.id)).collect();
        let shown = users.iter().take(4).cloned().collect::<Vec<_>>().join(", ");
        match users.len() {
            0 => " Of no opcode of this build.".to_owned(),
            1..=4 => format!(" The price of {shown}."),
            more => format!(" The price of {shown} and {} others.", more - 4),
        }
    });
    let bases = model.fuel.iter().map(|class| class.base);
    let rates = model.fuel.iter().map(|class| u32::from(class.per.is_some()));
    let everys = model.fuel.iter().map(|class| class.per.as_ref().map_or(1, |(_, every)| *every));
    let flows = |class: &FuelClass| {
        let of_class = model.ops.iter().filter(move |op| model.fuel[op.fuel] == *class);
        of_class.map(|op| op.flow).collect::<Vec<_>>()
    };
    let must_cost =
        model.fuel.iter().map(|class| flows(class).iter().any(|flow| !matches!(flow, Flow::Next | Flow::Block)));
    let is_free = model.fuel.iter().map(|class| {
        let flows = flows(class);
        class.base == 0 && !flows.is_empty() && flows.iter().all(|flow| *flow == Flow::Block)
    });
    let count = names.len();
    quote! {
        /// A class of opcodes with one price.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum FuelClass { #(#[doc = #docs] #names,)* }

        impl FuelClass {
            /// Every class, in the order of the table.
            pub const ALL: [Self; #count] = [#(Self::#names),*];

            /// Its name in the table, such as `bulk`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { #(Self::#names => #ids,)* }
            }

            /// The table's price of each instruction of the class, in units of fuel.
            #[must_use]
            pub const fn default_base(self) -> u32 {
                match self { #(Self::#names => #bases,)* }
            }

            /// The table's price of each unit of variable work, in units of fuel; 0 where the class has none.
            #[must_use]
            pub const fn default_rate(self) -> u32 {
                match self { #(Self::#names => #rates,)* }
            }

            /// How much variable work (bytes, entries, pages, locals, values) makes one unit.
            #[must_use]
            pub const fn every(self) -> u32 {
                match self { #(Self::#names => #everys,)* }
            }

            /// Whether its price can never be 0, because its opcodes can make endless loops.
            #[must_use]
            pub const fn must_cost(self) -> bool {
                match self { #(Self::#names => #must_cost,)* }
            }

            /// Whether its price is always 0, because its opcodes only delimit blocks: branches pass over them.
            #[must_use]
            pub const fn is_free(self) -> bool {
                match self { #(Self::#names => #is_free,)* }
            }
        }
    }
}
