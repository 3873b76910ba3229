//! `jump.rs` and `unchecked.rs`: the handlers of register code that jump to each other, one for each register instruction and
//! each pair, around the functions of `register.rs`.

use super::ident;
use super::opcode::pays_by_operand;
use super::register::{describe, is_memarg, is_metered, lists};
use crate::fusion::Pair;
use crate::model::{Model, PartKind};
use crate::register::{Control, Field, Instruction, Kind, LOOP_HEAD, goes_back, instructions};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// `jump.rs`
pub(super) fn emit_jump(model: &Model, pairs: &[Pair]) -> TokenStream {
    let form =
        Form { rendering: quote!(Jump), suffix: "", code: quote!(&'m [u8]), memory: false, note: "", outside: false };
    let lists = handler_lists(model, pairs);
    let handlers = handlers(model, pairs, &form, |_| true);
    quote!(#lists #(#handlers)*)
}

/// `unchecked.rs`
pub(super) fn emit_unchecked(model: &Model, pairs: &[Pair]) -> TokenStream {
    let form = Form {
        rendering: quote!(Unchecked<PLAIN>),
        suffix: "",
        code: quote!(Ip<'m>),
        memory: true,
        note: "",
        outside: true,
    };
    let note = ", which goes back to the head of the innermost loop";
    let repeats = Form { rendering: quote!(Unchecked<REPEATS>), suffix: REPEATS, note, ..form.clone() };
    let note = ", which goes back to the head of the innermost loop unless interrupted";
    let rendering = quote!(Unchecked<REPEATS_INTERRUPTIBLE>);
    let repeats_interruptible = Form { rendering, suffix: REPEATS_INTERRUPTIBLE, note, ..form.clone() };
    let note = ", unless interrupted";
    let rendering = quote!(Unchecked<INTERRUPTIBLE>);
    let interruptible = Form { rendering, suffix: INTERRUPTIBLE, note, ..form.clone() };
    let note = ", which these handlers leave to the machine's owner";
    let outside = Form { rendering: quote!(Unchecked<OUTSIDE>), suffix: OUTSIDE, note, outside: false, ..form.clone() };
    let lists = handler_lists(model, pairs);
    let repeating = repeating_list(model, pairs);
    let interruptible_list = interruptible_list(model, pairs);
    let repeating_handlers = handlers(model, pairs, &repeats, goes_back);
    let repeating_interruptible_handlers = handlers(model, pairs, &repeats_interruptible, goes_back);
    let interruptible_handlers = handlers(model, pairs, &interruptible, is_interruptible);
    let outside_handlers = handlers(model, pairs, &outside, enters_functions);
    let handlers = handlers(model, pairs, &form, |_| true);
    quote! {
        #lists
        #repeating
        #interruptible_list
        #(#handlers)*
        #(#repeating_handlers)*
        #(#repeating_interruptible_handlers)*
        #(#interruptible_handlers)*
        #(#outside_handlers)*
    }
}

/// `REPEATING`
fn repeating_list(model: &Model, pairs: &[Pair]) -> TokenStream {
    let repeating = numbered(model, pairs).filter(|(_, _, last)| goes_back(last)).map(|(number, name, _)| {
        let interruptible = format_ident!("{name}{REPEATS_INTERRUPTIBLE}");
        let name = format_ident!("{name}{REPEATS}");
        quote!((#number, Repeating { free: #name::<false>, metered: #name::<true>, interruptible: #interruptible::<false> }))
    });
    let repeating: Vec<TokenStream> = repeating.collect();
    let count = repeating.len();
    quote! {
        /// The numbers of what may branch back, and the handlers that go to the head of the innermost loop instead.
        static REPEATING: [(u16, Repeating); #count] = [#(#repeating),*];
    }
}

/// `INTERRUPTIBLE_HANDLERS`
fn interruptible_list(model: &Model, pairs: &[Pair]) -> TokenStream {
    let handlers = numbered(model, pairs).filter(|(_, _, last)| is_interruptible(last)).map(|(number, name, last)| {
        let name = format_ident!("{name}{INTERRUPTIBLE}");
        let free = is_metered(model, &last).then(|| quote!(::<false>));
        quote!((#number, #name #free as Handler))
    });
    let handlers: Vec<TokenStream> = handlers.collect();
    let count = handlers.len();
    quote! {
        /// The numbers of what looks for interruptions where nothing else stops executions, and the handlers.
        static INTERRUPTIBLE_HANDLERS: [(u16, Handler); #count] = [#(#handlers),*];
    }
}

/// What stands behind the name of a handler that goes to the head of the innermost loop.
const REPEATS: &str = "_repeats";

/// What stands behind the name of one that looks for interruptions on the way.
const REPEATS_INTERRUPTIBLE: &str = "_repeats_interruptible";

/// What stands behind the name of any other handler that looks for interruptions.
const INTERRUPTIBLE: &str = "_interruptible";

/// What stands behind the name of a handler that has the machine's owner enter a function.
const OUTSIDE: &str = "_outside";

/// How handlers are written: what they are given in the host's registers.
#[derive(Clone)]
struct Form {
    /// What renders the instructions.
    rendering: TokenStream,
    /// What stands behind the handlers' names.
    suffix: &'static str,
    /// The type of the code.
    code: TokenStream,
    /// Whether memory 0 is kept in registers.
    memory: bool,
    /// What stands behind the handlers' documentation.
    note: &'static str,
    /// Whether functions that handlers cannot enter are left to others, whose names end in [`OUTSIDE`].
    outside: bool,
}

impl Form {
    /// The parameters of a handler.
    fn parameters(&self) -> TokenStream {
        let code = &self.code;
        let memory = self.memory.then(|| quote!(memory: &'m mut [u8],));
        let head = self.memory.then(|| quote!(head: f64,));
        quote! {
            code: #code, frame: &'m Cells, integer: u64, machine: &mut Machine<'m, '_>, #memory single: f32, double: f64,
            #head
        }
    }

    /// Makes the registers of these parameters.
    fn registers(&self) -> TokenStream {
        let memory = self.memory.then(|| quote!(memory,));
        let head = self.memory.then(|| quote!(, head));
        let rendering = &self.rendering;
        quote!(let mut r: Registers<'m, #rendering> = registers(code, frame, integer, #memory single, double #head);)
    }

    /// The path of an instruction's function, seen from the handlers.
    fn path(&self, model: &Model, instruction: &Instruction) -> TokenStream {
        let (name, rendering) = (ident(&instruction.name), &self.rendering);
        let metered = is_metered(model, instruction).then(|| quote!(, METERED));
        quote!(super::#name::<#rendering #metered>)
    }

    /// Executes an instruction.
    fn execute(&self, model: &Model, instruction: &Instruction) -> TokenStream {
        let path = self.path(model, instruction);
        if self.memory && finds_memories(model, instruction) {
            quote!(lend_memory(machine, &mut r, #path))
        } else {
            quote!(#path(machine, &mut r))
        }
    }
}

/// The instructions and the pairs: the number of each, its name, and its last instruction.
fn numbered(model: &Model, pairs: &[Pair]) -> impl Iterator<Item = (u16, String, Instruction)> {
    let list = instructions(model);
    let of_pair = |pair: &Pair| (pair.name.clone(), list[pair.second].clone());
    let pairs: Vec<_> = pairs.iter().map(of_pair).collect();
    let singles = list.into_iter().map(|instruction| (instruction.name.clone(), instruction));
    let all = singles.chain(pairs).enumerate();
    all.map(|(number, (name, last))| (number as u16, name, last))
}

/// The lists of handlers.
fn handler_lists(model: &Model, pairs: &[Pair]) -> TokenStream {
    let named = numbered(model, pairs).map(|(_, name, last)| (format_ident!("{name}"), is_metered(model, &last)));
    lists(&quote!(Handler), &quote!(), named)
}

/// The handlers of those instructions, and pairs, whose last instruction is `wanted`.
fn handlers(model: &Model, pairs: &[Pair], form: &Form, wanted: impl Fn(&Instruction) -> bool) -> Vec<TokenStream> {
    let list = instructions(model);
    let singles = list.iter().filter(|single| wanted(single)).map(|single| handler(model, single, form));
    let pairs = pairs.iter().filter(|pair| wanted(&list[pair.second]));
    let pairs = pairs.map(|pair| pair_handler(model, pair, &list, form));
    singles.chain(pairs).collect()
}

fn handler(model: &Model, instruction: &Instruction, form: &Form) -> TokenStream {
    let (name, doc) = (ident(&instruction.name), describe(model, instruction));
    if let Kind::Value(op, ..) = &instruction.kind
        && pays_by_operand(model, &model.ops[*op]).is_some()
    {
        return handler_apart(model, instruction, &doc, form);
    }
    let outside = (form.outside && enters_functions(instruction)).then(|| {
        let name = format_ident!("{name}{OUTSIDE}");
        quote!(Err(Stop::Outside) => #name::<METERED>(code, frame, integer, machine, r.memory, single, double, head),)
    });
    composed(&name, &doc, is_metered(model, instruction), &[form.execute(model, instruction)], form, outside)
}

/// The handler of a pair.
fn pair_handler(model: &Model, pair: &Pair, list: &[Instruction], form: &Form) -> TokenStream {
    let (first, second) = (&list[pair.first], &list[pair.second]);
    let doc = format!("{};{}", describe(model, first), describe(model, second));
    let parts = [form.execute(model, first), form.execute(model, second)];
    composed(&ident(&pair.name), &doc, is_metered(model, second), &parts, form, None)
}

/// A handler that does one after the other, as long as nothing stops it. What stops it may be left to `others`.
fn composed(
    name: &Ident,
    doc: &str,
    is_metered: bool,
    parts: &[TokenStream],
    form: &Form,
    others: Option<TokenStream>,
) -> TokenStream {
    let metered = is_metered.then(|| quote!(, const METERED: bool));
    let (parameters, registers) = (form.parameters(), form.registers());
    let (name, doc) = (format_ident!("{name}{}", form.suffix), format!("{doc}{}", form.note));
    // What is rare would take the registers of those that go on with it, if it were part of them.
    let apart = (form.suffix == OUTSIDE).then(|| quote!(#[cold] #[inline(never)]));
    quote! {
        #[doc = #doc]
        #apart
        extern "sysv64" fn #name<'m #metered>(#parameters) {
            #registers
            let outcome = r.code.window() #(.and_then(|()| #parts))*;
            match outcome {
                Ok(()) => dispatch(r, machine),
                #others
                Err(stop) => halt(stop, r, machine),
            }
        }
    }
}

/// A handler whose work is done by a function that is called ordinarily: a bulk operation, which needs the host's stack.
fn handler_apart(model: &Model, instruction: &Instruction, doc: &str, form: &Form) -> TokenStream {
    let (name, size, path) = (ident(&instruction.name), instruction.size(), form.path(model, instruction));
    let (parameters, registers, code) = (form.parameters(), form.registers(), &form.code);
    let (none, head) = (form.memory.then(|| quote!(&mut [],)), form.memory.then(|| quote!(, 0.0)));
    let lend = form.memory.then(|| quote!(machine.first_memory = memory;));
    let take_back = form.memory.then(|| quote!(let memory = core::mem::take(&mut machine.first_memory);));
    quote! {
        #[doc = #doc]
        extern "sysv64" fn #name<'m, const METERED: bool>(#parameters) {
            #[inline(never)]
            fn apart<'m, const METERED: bool>(machine: &mut Machine<'m, '_>, code: #code, frame: &'m Cells) -> Outcome {
                let mut r = registers(code, frame, 0, #none 0.0, 0.0 #head);
                #path(machine, &mut r)
            }
            #lend
            let outcome = apart::<METERED>(machine, code, frame);
            #take_back
            #registers
            match r.code.take::<#size>().and(outcome) {
                Ok(()) => dispatch(r, machine),
                Err(stop) => halt(stop, r, machine),
            }
        }
    }
}

/// Whether an instruction enters functions of the instance: it says where their frames begin, beside how many operands there
/// are.
fn enters_functions(instruction: &Instruction) -> bool {
    let heights = instruction.fields.iter().filter(|field| **field == Field::Height).count();
    instruction.kind == Kind::Control(Control::Call) && heights == 2
}

/// Whether an instruction looks for interruptions, wherever it stands, where code looks for them. Branches back to the head
/// of the innermost loop do so, too; calls of others and tail calls are the owner's, who looks as well.
fn is_interruptible(instruction: &Instruction) -> bool {
    instruction.name == LOOP_HEAD || enters_functions(instruction)
}

/// Whether an instruction looks for memories in the machine.
fn finds_memories(model: &Model, instruction: &Instruction) -> bool {
    match &instruction.kind {
        Kind::Far(_) => true,
        Kind::Value(op, ..) => model.ops[*op].parts.iter().any(|part| match part.kind {
            PartKind::Memory => !is_memarg(&model.ops[*op], part),
            PartKind::Memories | PartKind::Pages => true,
            _ => false,
        }),
        Kind::Branch(..) | Kind::Control(_) => false,
    }
}
