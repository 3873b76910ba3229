//! From the model to files of Rust: one small module an output, each reading the model and nothing else.

mod decode;
mod fuel;
mod inplace;
mod opcode;
mod proposal;
pub mod reference;
mod register;
mod register_handlers;
mod semantics;
mod tail;
mod text;
mod translate;
mod trap;
mod validate;

pub(crate) use opcode::{describe_imm, describe_type, pays_by_operand};

use crate::model::{Imm, ImmKind, Model, Number, Op, VecOf};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

/// A generated file.
#[derive(Debug)]
pub struct File {
    /// Its name, such as `decode.rs`.
    pub name: &'static str,
    /// Its text, formatted.
    pub text: String,
}

/// Generates every file for the opcodes of `model`. `all` has the opcodes of every proposal: what must not depend on
/// the build, such as the names of proposals, comes from there. `pairs` are the names of register instructions that are
/// one. What only the engine's features `register` and `optimize` need is left out unless they are `enabled`.
///
/// # Panics
/// If an emitter makes something that is not Rust: a mistake of the generator, never of the table.
#[must_use]
pub fn files(model: &Model, all: &Model, pairs: &[(String, String)], enabled: impl Fn(&str) -> bool) -> Vec<File> {
    let pairs = crate::fusion::select(model, pairs);
    let mut outputs: Vec<(&'static str, TokenStream)> = vec![
        ("opcode.rs", opcode::emit(model)),
        ("proposal.rs", proposal::emit(all)),
        ("config.rs", proposal::emit_config(all)),
        ("trap.rs", trap::emit(model)),
        ("fuel.rs", fuel::emit(model)),
        ("decode.rs", decode::emit(model)),
        ("validate.rs", validate::emit(model)),
        ("text.rs", text::emit(model)),
        ("semantics.rs", semantics::emit(model)),
        ("inplace.rs", inplace::emit(model)),
        ("tail.rs", tail::emit(model)),
    ];
    if enabled("register") {
        outputs.push(("translate.rs", translate::emit(model)));
        outputs.push(("register.rs", register::emit(model, &pairs)));
        outputs.push(("jump.rs", register_handlers::emit_jump(model, &pairs)));
    }
    if enabled("optimize") {
        outputs.push(("unchecked.rs", register_handlers::emit_unchecked(model, &pairs)));
    }
    outputs.into_iter().map(|(name, tokens)| File { name, text: print(tokens) }).collect()
}

/// What `files` hold for one row, for people and for snapshots: functions and constants that are called like it, its
/// arms of matches and its entry in the list of opcodes.
#[must_use]
pub fn items_of(op: &Op, files: &[File]) -> String {
    let mut text = String::new();
    for file in files {
        let Ok(parsed) = syn::parse_file(&file.text) else { continue };
        let names = [op.snake(), format!("visit_{}", op.snake())];
        let mut items = Vec::new();
        collect_items(&parsed.items, &names, &upper(&op.id), &mut items);
        let items = items.into_iter().map(|item| print(item).trim_end().to_owned());
        let (entry, arm) = (format!("id: {:?},", op.id), format!("code::{} =>", upper(&op.id)));
        let parts =
            parts_of(&file.text, |line, next| line == "OpcodeInfo {" && next == entry || line.starts_with(&arm));
        for item in items.chain(parts) {
            text.push_str(&format!("// {}\n{item}\n\n", file.name));
        }
    }
    text
}

/// The functions that are called `name` in `files`.
#[must_use]
pub fn items_named(name: &str, files: &[File]) -> String {
    let mut text = String::new();
    for file in files {
        let Ok(parsed) = syn::parse_file(&file.text) else { continue };
        let mut items = Vec::new();
        collect_items(&parsed.items, &[name.to_owned()], &upper(name), &mut items);
        items.into_iter().for_each(|item| text.push_str(&format!("// {}\n{}\n\n", file.name, print(item).trim_end())));
    }
    text
}

/// Parts of formatted text, each from a line that `begins` one (it sees the next line, too) to where its parentheses
/// close.
fn parts_of(text: &str, begins: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let starts =
        (0..lines.len()).filter(|at| begins(lines[*at].trim(), lines.get(at + 1).map_or("", |next| next.trim())));
    let part = |start: usize| {
        let indent = lines[start].len() - lines[start].trim_start().len();
        let mut depth = 0_isize;
        let mut part = String::new();
        for line in &lines[start..] {
            part.push_str(line.get(indent..).unwrap_or_default());
            part.push('\n');
            depth += line.matches(['{', '(', '[']).count() as isize - line.matches(['}', ')', ']']).count() as isize;
            if depth <= 0 && !line.trim_end().ends_with("=>") {
                break;
            }
        }
        part.trim_end().to_owned()
    };
    starts.map(part).collect()
}

fn collect_items(items: &[syn::Item], names: &[String], constant: &Ident, found: &mut Vec<TokenStream>) {
    use quote::ToTokens;
    for item in items {
        match item {
            syn::Item::Fn(function) if names.contains(&function.sig.ident.to_string()) => {
                found.push(function.to_token_stream());
            }
            syn::Item::Const(item) if item.ident == *constant => found.push(item.to_token_stream()),
            syn::Item::Impl(block) => {
                let target = &block.self_ty;
                for member in &block.items {
                    if let syn::ImplItem::Fn(function) = member
                        && names.contains(&function.sig.ident.to_string())
                    {
                        let generics = &block.generics;
                        let of = block.trait_.as_ref().map(|(path, of)| quote!(#path #of));
                        found.push(quote!(impl #generics #of #target { #function }));
                    }
                }
            }
            syn::Item::Mod(module) => {
                if let Some((_, items)) = &module.content {
                    collect_items(items, names, constant, found);
                }
            }
            _ => {}
        }
    }
}

fn print(tokens: TokenStream) -> String {
    match syn::parse2(tokens.clone()) {
        Ok(file) => with_blank_lines(&prettyplease::unparse(&file)),
        Err(error) => unreachable!("the generator made something that is not Rust: {error}\n{tokens}"),
    }
}

/// A blank line between items, as people write them.
fn with_blank_lines(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len() + text.len() / 50);
    let mut previous = "";
    for line in text.lines() {
        let begins_item =
            ["///", "#[", "pub ", "fn ", "impl", "static"].iter().any(|start| line.trim_start().starts_with(start));
        if previous.trim() == "}" && begins_item {
            spaced.push('\n');
        }
        spaced.push_str(line);
        spaced.push('\n');
        previous = line;
    }
    spaced
}

/// An identifier; Rust's keywords get an underscore.
fn ident(name: &str) -> Ident {
    match syn::parse_str::<Ident>(name) {
        Ok(ident) => ident,
        Err(_) => format_ident!("{name}_"),
    }
}

/// A name in upper case: `I32_ADD`.
fn upper(name: &str) -> Ident {
    Ident::new(&name.replace('.', "_").to_uppercase(), Span::call_site())
}

/// The documentation of an item made for a row, which names it.
fn row_doc(op: &Op) -> String {
    format!(" `{}`", op.id)
}

/// The Rust type of a number in semantics.
fn number_type(number: Number) -> TokenStream {
    match number {
        Number::I32 => quote!(i32),
        Number::I64 => quote!(i64),
        Number::F32 => quote!(f32),
        Number::F64 => quote!(f64),
        Number::V128 => quote!(u128),
    }
}

/// The Rust type in which a decoded immediate is passed on.
fn imm_type(imm: &Imm) -> TokenStream {
    match &imm.kind {
        ImmKind::TypeIndex(_) | ImmKind::Index(_) | ImmKind::FieldIndex(_) | ImmKind::Count => quote!(u32),
        ImmKind::BlockType => quote!(BlockType),
        ImmKind::MemArg | ImmKind::ExactMemArg => quote!(MemArg),
        ImmKind::Const(number) => number_type(*number),
        ImmKind::Lane(_) => quote!(u8),
        ImmKind::Lanes(_) => quote!([u8; 16]),
        ImmKind::Vec(VecOf::Label) => quote!(Labels<'_>),
        ImmKind::Vec(VecOf::ValType) => quote!(ValTypes<'_>),
        ImmKind::Vec(VecOf::Catch) => quote!(Catches<'_>),
        ImmKind::Vec(VecOf::Handler) => quote!(Handlers<'_>),
        ImmKind::CastFlags => quote!(CastFlags),
        ImmKind::HeapType => quote!(HeapType),
        ImmKind::Reserved => quote!(()),
    }
}

/// The method of a reader that decodes an immediate.
fn imm_reader(imm: &Imm) -> TokenStream {
    use crate::model::Space;
    match &imm.kind {
        ImmKind::Index(Space::Memory) => quote!(memory_index),
        ImmKind::Index(Space::Table) => quote!(table_index),
        ImmKind::TypeIndex(_) | ImmKind::Index(_) | ImmKind::FieldIndex(_) | ImmKind::Count => quote!(var_u32),
        ImmKind::BlockType => quote!(block_type),
        ImmKind::MemArg | ImmKind::ExactMemArg => quote!(memarg),
        ImmKind::Const(Number::I32) => quote!(var_i32),
        ImmKind::Const(Number::I64) => quote!(var_i64),
        ImmKind::Const(Number::F32) => quote!(f32),
        ImmKind::Const(Number::F64) => quote!(f64),
        ImmKind::Const(Number::V128) => quote!(v128),
        ImmKind::Lane(_) => quote!(lane),
        ImmKind::Lanes(_) => quote!(lanes),
        ImmKind::Vec(VecOf::Label) => quote!(labels),
        ImmKind::Vec(VecOf::ValType) => quote!(val_types),
        ImmKind::Vec(VecOf::Catch) => quote!(catches),
        ImmKind::Vec(VecOf::Handler) => quote!(handlers),
        ImmKind::CastFlags => quote!(cast_flags),
        ImmKind::HeapType => quote!(heap_type),
        ImmKind::Reserved => quote!(zero_byte),
    }
}

/// Parameters `name: Type` for the immediates of `op`.
fn imm_params(op: &Op) -> Vec<TokenStream> {
    op.imms
        .iter()
        .map(|imm| {
            let (name, ty) = (ident(&imm.name), imm_type(imm));
            quote!(#name: #ty)
        })
        .collect()
}

/// The names of the immediates of `op`.
fn imm_names(op: &Op) -> Vec<Ident> {
    op.imms.iter().map(|imm| ident(&imm.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_and_path_words_become_identifiers() {
        for (name, identifier) in [("value", "value"), ("type", "type_"), ("self", "self_"), ("default", "default")] {
            assert_eq!(ident(name).to_string(), identifier);
        }
    }

    #[test]
    fn parts_end_where_their_parentheses_close() {
        let text = "match x {\n    code::A => {\n        a(b)\n    }\n    code::B => b(\n        c,\n    ),\n    code::C => c,\n}\n";
        let parts = |start: &str| parts_of(text, |line, _| line.starts_with(start));
        assert_eq!(parts("code::A"), ["code::A => {\n    a(b)\n}"]);
        assert_eq!(parts("code::B"), ["code::B => b(\n    c,\n),"]);
        assert_eq!(parts("code::C"), ["code::C => c,"]);
        assert_eq!(parts("code::D"), [""; 0]);
    }
}
