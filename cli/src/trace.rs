//! Showing on standard error what a program executes.

use crate::args::Trace;
use crate::guest::Guest;
use crate::{invoke, report};
use tablature::{Flow, Func, FuncType, OpcodeInfo, Step, Store, Val};

/// How many operands are shown, those on top of the stack.
const SHOWN_OPERANDS: usize = 4;
/// How many calls inside each other are indented at most.
const DEEPEST: usize = 40;

/// Calls `function` and shows what it executes.
pub fn call(
    what: Trace,
    function: Func,
    store: &mut Store<Guest>,
    arguments: &[Val],
    results: &mut [Val],
) -> tablature::Result<()> {
    let mut tracer = Tracer::default();
    function.call_stepping(&mut *store, arguments, results, |step| {
        match what {
            Trace::Functions => tracer.functions(step),
            Trace::Instructions => report::note(&instruction(step)),
        }
        Ok(())
    })?;
    if what == Trace::Functions {
        tracer.finish(results);
    }
    Ok(())
}

/// The name as backtraces give it.
fn name(step: &Step<'_, Guest>, function: u32) -> String {
    let module = step.module_name().map_or_else(String::new, |module| format!("{module}!"));
    let name = step.function_name(function).unwrap_or_else(|| format!("<function {function}>"));
    format!("{module}{name}")
}

/// A line for an instruction: function, offset, text, operands.
fn instruction(step: &Step<'_, Guest>) -> String {
    let operands = step.operands();
    let first = operands.len().saturating_sub(SHOWN_OPERANDS);
    let more = if first > 0 { ".. " } else { "" };
    let shown: Vec<String> = operands[first..].iter().map(invoke::show).collect();
    let line = format!(
        "{:<24} 0x{:<6x} {:<32} {more}{}",
        name(step, step.func_index()),
        step.offset(),
        step.to_string(),
        shown.join(" ")
    );
    format!("{}\n", line.trim_end())
}

/// What is known of the calls that are going on.
#[derive(Default)]
struct Tracer {
    calls: Vec<Call>,
    /// The host function that the last instruction called.
    host: Option<Call>,
    /// What the last instruction was.
    last: Option<&'static OpcodeInfo>,
}

/// A function that was entered.
struct Call {
    name: String,
    ty: FuncType,
}

impl Tracer {
    fn functions(&mut self, step: &Step<'_, Guest>) {
        let depth = step.call_depth() as usize;
        if let Some(host) = self.host.take() {
            left(self.calls.len(), &host, Some(&step.operands()));
        }
        while self.calls.len() > depth + 1 {
            if let Some(call) = self.calls.pop() {
                // Of functions that return together, only what the outermost gives is on the stack.
                let operands = (self.calls.len() == depth + 1).then(|| step.operands());
                left(self.calls.len(), &call, operands.as_deref());
            }
        }
        if self.calls.len() == depth + 1 && self.last.is_some_and(is_tail_call) && step.is_first() {
            self.calls.pop();
        }
        if self.calls.len() <= depth {
            let call = call_of(step, step.func_index());
            entered(self.calls.len(), &call, &step.locals());
            self.calls.push(call);
        }
        if let Some(function) = step.host_callee() {
            let host = call_of(step, function);
            let operands = step.operands();
            let first = operands.len().saturating_sub(host.ty.params().len());
            entered(self.calls.len(), &host, &operands[first..]);
            self.host = Some(host);
        }
        self.last = Some(step.opcode().info());
    }

    /// The call has returned.
    fn finish(&mut self, results: &[Val]) {
        if let Some(host) = self.host.take() {
            left(self.calls.len(), &host, None);
        }
        while let Some(call) = self.calls.pop() {
            left(self.calls.len(), &call, self.calls.is_empty().then_some(results));
        }
    }
}

/// Whether it calls in place of the current function: control does not come back.
fn is_tail_call(info: &'static OpcodeInfo) -> bool {
    info.transitions.flow == Flow::Call && info.stack.ends_with('!')
}

fn call_of(step: &Step<'_, Guest>, function: u32) -> Call {
    let ty = step.function_type(function).unwrap_or_else(|| FuncType::new([], []));
    Call { name: name(step, function), ty }
}

fn entered(depth: usize, call: &Call, values: &[Val]) {
    let arguments: Vec<String> = values.iter().take(call.ty.params().len()).map(invoke::show).collect();
    report::note(&format!("{}> {}({})\n", indent(depth), call.name, arguments.join(", ")));
}

/// A function has returned; what it gave is on top of `values`, if that is known.
fn left(depth: usize, call: &Call, values: Option<&[Val]>) {
    let values = values.unwrap_or_default();
    let first = values.len().saturating_sub(call.ty.results().len());
    let results: Vec<String> = values[first..].iter().map(invoke::show).collect();
    let results = if results.is_empty() { String::new() } else { format!(" = {}", results.join(", ")) };
    report::note(&format!("{}< {}{results}\n", indent(depth), call.name));
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth.min(DEEPEST))
}
