//! `proposal.rs`: the proposals and which of them are compiled in; `config.rs`: the configuration's switches.

use crate::model::{Model, camel};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

pub(super) fn emit(all: &Model) -> TokenStream {
    let variants = all.proposals.iter().map(|proposal| {
        let (doc, name) = (format!(" {}", proposal.title), format_ident!("{}", camel(&proposal.name)));
        quote!(#[doc = #doc] #name)
    });
    let names: Vec<_> = all.proposals.iter().map(|p| format_ident!("{}", camel(&p.name))).collect();
    let ids: Vec<_> = all.proposals.iter().map(|proposal| proposal.name.clone()).collect();
    let titles = all.proposals.iter().map(|proposal| proposal.title.clone());
    let count = names.len();
    let compiled = all.proposals.iter().map(|proposal| {
        let feature = proposal.name.replace('_', "-");
        if proposal.base { quote!(true) } else { quote!(cfg!(feature = #feature)) }
    });
    quote! {
        /// A proposal of the table: a part of WebAssembly that a build or a configuration may leave out.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Proposal { #(#variants,)* }

        impl Proposal {
            /// Every proposal that the table knows, compiled in or not.
            pub const ALL: [Self; #count] = [#(Self::#names),*];

            /// Its name in the table, such as `multi_memory`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { #(Self::#names => #ids,)* }
            }

            /// Its title, such as "Multiple memories".
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { #(Self::#names => #titles,)* }
            }

            /// Whether this build holds it.
            #[must_use]
            pub const fn is_compiled(self) -> bool {
                match self { #(Self::#names => #compiled,)* }
            }
        }
    }
}

pub(super) fn emit_config(all: &Model) -> TokenStream {
    let switches = all.proposals.iter().filter(|proposal| !proposal.base).map(|proposal| {
        let name = format_ident!("wasm_{}", proposal.name);
        let variant = format_ident!("{}", camel(&proposal.name));
        let feature = proposal.name.replace('_', "-");
        let doc = format!(
            " Whether modules may use: {} (on where compiled in, by the Cargo feature `{feature}`).",
            proposal.title
        );
        quote! {
            #[doc = #doc]
            ///
            /// A module that uses it while it is off is refused. Switching on what is not compiled in has no effect.
            pub fn #name(&mut self, enable: bool) -> &mut Self {
                self.set_proposal(Proposal::#variant, enable)
            }
        }
    });
    quote! {
        impl Config {
            #(#switches)*
        }
    }
}
