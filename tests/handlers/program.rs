//! Functions that consist of steps, so that translation makes the instructions of these and puts them next to each other.
//!
//! What a step takes from its own slot of the operand stack a call has left there; what it takes from an accumulator an
//! instruction before has left there. A branch that is not taken stands behind both, because no pair goes beyond it.

use crate::rows::Rows;
use crate::step::{End, Operand, Output, Role, Source, Step};
use std::collections::HashMap;
use std::fmt::Write;
use tablature::ValType;
use tablature_codegen::register::Accumulator;

/// A function in the text format, without its name.
#[derive(Debug)]
pub struct Program {
    /// The types of its parameters, and which values are of interest.
    pub params: Vec<(ValType, Role)>,
    pub text: String,
}

/// What an accumulator has.
#[derive(Debug, Clone)]
enum Held {
    /// The value of this local.
    Local(String, ValType),
    /// Something that is in no local.
    Other,
}

/// A function that does one or two steps. With `repeats` the last one branches back to a loop's head. Nothing where the
/// steps cannot be put next to each other.
pub fn compose(rows: &Rows, steps: &[Step], repeats: bool) -> Option<Program> {
    let mut composer = Composer::new(rows);
    match steps {
        [step] => composer.only(step)?,
        [first, second] if second.nans && first.output.is_some_and(Output::is_float) => {
            composer.both(first, &second.without_nans()?)?;
        }
        [first, second] => composer.both(first, second)?,
        _ => return None,
    }
    Some(composer.finish(&steps.last()?.end, repeats))
}

struct Composer<'r> {
    rows: &'r Rows,
    params: Vec<(ValType, Role)>,
    /// Locals for results in slots.
    results: Vec<ValType>,
    /// Locals for what accumulators have.
    locals: String,
    /// Brings operands to their slots.
    stack: String,
    /// Brings values to accumulators.
    before: String,
    body: String,
    held: HashMap<Accumulator, Held>,
    /// How many values are stored.
    stored: usize,
}

/// Where values are stored: behind what programs work on.
const STORED: usize = 512;

impl<'r> Composer<'r> {
    fn new(rows: &'r Rows) -> Self {
        Self {
            rows,
            params: Vec::new(),
            results: Vec::new(),
            locals: String::new(),
            stack: String::new(),
            before: String::new(),
            body: String::new(),
            held: HashMap::new(),
            stored: 0,
        }
    }

    fn only(&mut self, step: &Step) -> Option<()> {
        self.fill_stack(step);
        self.open(step.output);
        self.push(&step.operands)?;
        self.execute(step);
        self.close(step.output);
        Some(())
    }

    fn both(&mut self, first: &Step, second: &Step) -> Option<()> {
        self.fill_stack(second);
        self.fill_stack(first);
        match self.place_of_result(first, second) {
            Some(place) => self.nested(first, second, place),
            None => self.side_by_side(first, second),
        }
    }

    /// Which of the second's operands is the first's result, which stays in an accumulator.
    fn place_of_result(&self, first: &Step, second: &Step) -> Option<usize> {
        let accumulator = first.output.filter(|output| !output.in_slot)?.accumulator?;
        let is_result = |operand: &Operand| operand.source == Source::Accumulator && operand.accumulator == accumulator;
        second.operands.iter().position(is_result)
    }

    fn nested(&mut self, first: &Step, second: &Step, place: usize) -> Option<()> {
        if first.output?.ty != second.operands[place].ty {
            return None;
        }
        self.open(second.output);
        self.push(&second.operands[..place])?;
        self.push(&first.operands)?;
        self.execute(first);
        self.push(&second.operands[place + 1..])?;
        self.execute(second);
        self.close(second.output);
        Some(())
    }

    fn side_by_side(&mut self, first: &Step, second: &Step) -> Option<()> {
        let is_kept = first.output.is_some_and(|output| !output.in_slot && leaves(second, output));
        if is_kept {
            self.open(first.output);
        }
        self.push(&first.operands)?;
        self.execute(first);
        match first.output {
            Some(output) if output.in_slot => self.close(first.output),
            Some(_) if !is_kept => self.body.push_str("drop\n"),
            _ => {}
        }
        self.open(second.output);
        self.push(&second.operands)?;
        self.execute(second);
        self.close(second.output);
        if is_kept {
            self.close(first.output);
        }
        Some(())
    }

    /// Brings the operands of a step to the stack that are to be there before.
    fn fill_stack(&mut self, step: &Step) {
        let operands: Vec<&Operand> = step.operands.iter().filter(|operand| operand.source == Source::Stack).collect();
        if operands.is_empty() {
            return;
        }
        let params: Vec<String> = operands.iter().map(|operand| self.param(operand)).collect();
        params.iter().for_each(|param| _ = writeln!(self.stack, "local.get {param}"));
        let types: Vec<String> = operands.iter().map(|operand| operand.ty.to_string()).collect();
        let _ = writeln!(self.stack, "call $pass_{}", types.join("_"));
    }

    /// What comes before the operands of an instruction whose result a store will take: the address.
    fn open(&mut self, output: Option<Output>) {
        if output.is_some_and(|output| !output.in_slot) {
            self.body.push_str("local.get $zero\n");
        }
    }

    /// Saves a result: in a local, or, if it is to stay in an accumulator, in the memory.
    fn close(&mut self, output: Option<Output>) {
        match output {
            Some(output) if output.in_slot => {
                let name = format!("$result{}", self.results.len());
                let _ = writeln!(self.body, "local.set {name}");
                if let Some(accumulator) = output.accumulator {
                    self.held.insert(accumulator, Held::Local(name, output.ty));
                }
                self.results.push(output.ty);
            }
            Some(output) => self.store(output.ty),
            None => {}
        }
    }

    /// Stores a value that nothing is stored over, at the address that was pushed before it.
    fn store(&mut self, ty: ValType) {
        let _ = writeln!(self.body, "{} offset={}", self.rows.store(ty), STORED + 8 * self.stored);
        self.stored += 1;
    }

    fn push(&mut self, operands: &[Operand]) -> Option<()> {
        for operand in operands {
            let text = match &operand.source {
                Source::Parameter => format!("local.get {}", self.param(operand)),
                Source::Constant(constant) => constant.clone(),
                Source::Accumulator => format!("local.get {}", self.held(operand)?),
                Source::Stack => continue,
            };
            self.body.push_str(&text);
            self.body.push('\n');
        }
        Some(())
    }

    fn execute(&mut self, step: &Step) {
        self.body.push_str(&step.code);
        self.body.push('\n');
        if let Some(accumulator) = step.output.and_then(|output| output.accumulator) {
            self.held.insert(accumulator, Held::Other);
        }
    }

    /// A new parameter, for an operand.
    fn param(&mut self, operand: &Operand) -> String {
        self.params.push((operand.ty, operand.role));
        format!("$param{}", self.params.len() - 1)
    }

    /// A local whose value is in the operand's accumulator, too.
    fn held(&mut self, operand: &Operand) -> Option<String> {
        match self.held.get(&operand.accumulator) {
            Some(Held::Local(name, ty)) if *ty == operand.ty => Some(name.clone()),
            Some(_) => None,
            None => {
                let name = format!("$held{}", self.held.len());
                let producer = self.rows.producer(operand.ty, operand.accumulator)?;
                let param = self.param(operand);
                let _ = writeln!(self.before, "local.get {param}\n{producer}\nlocal.set {name}");
                let _ = write!(self.locals, " (local {name} {})", operand.ty);
                self.held.insert(operand.accumulator, Held::Local(name.clone(), operand.ty));
                Some(name)
            }
        }
    }

    /// Stores what accumulators have beside slots.
    fn save_accumulators(&mut self) {
        for accumulator in [Accumulator::Integer, Accumulator::Single, Accumulator::Double] {
            if let Some(Held::Local(name, ty)) = self.held.get(&accumulator).filter(|held| held.is_number()).cloned() {
                let _ = writeln!(self.body, "local.get $zero\nlocal.get {name}");
                self.store(ty);
            }
        }
    }

    /// Puts all of it together.
    fn finish(mut self, end: &End, repeats: bool) -> Program {
        let way = if repeats { TWICE } else { ONCE };
        if *end == End::Next {
            self.save_accumulators();
        }
        let (types, last) = self.results_of(end);
        let is_left = repeats || !self.before.is_empty();
        let mut text = self.declarations(&types);
        text.push_str("\nblock $exit\n");
        text.extend([way.begin, &self.stack, &self.before, if is_left { way.leave } else { "" }, &self.body]);
        if *end == End::Branch {
            text.extend([PASSED, "end\n", JUMPED, "end\n"]);
        } else {
            text.push_str("end\nend\n");
        }
        text.push_str(&last.join("\n"));
        Program { params: self.params, text }
    }

    /// The types of the function's results, and what gives these: what a step returns, or everything that is in locals.
    fn results_of(&self, end: &End) -> (Vec<ValType>, Vec<String>) {
        if let End::Return(types) = end {
            return (types.clone(), types.iter().map(zero).collect());
        }
        let names = (0..self.results.len()).map(|at| format!("local.get $result{at}"));
        let mut gets: Vec<String> = names.collect();
        let mut types = self.results.clone();
        if *end == End::Branch {
            gets.extend(MARKS.map(|mark| format!("local.get {mark}")));
            types.extend(MARKS.map(|_| ValType::I32));
        }
        (types, gets)
    }

    fn declarations(&self, results: &[ValType]) -> String {
        let mut text = String::new();
        self.params.iter().enumerate().for_each(|(at, (ty, _))| _ = write!(text, " (param $param{at} {ty})"));
        results.iter().for_each(|ty| _ = write!(text, " (result {ty})"));
        self.results.iter().enumerate().for_each(|(at, ty)| _ = write!(text, " (local $result{at} {ty})"));
        text.push_str(&self.locals);
        let others = ["$zero", "$left", "$round"].into_iter().chain(MARKS);
        others.for_each(|name| _ = write!(text, " (local {name} i32)"));
        text
    }
}

impl Held {
    fn is_number(&self) -> bool {
        matches!(self, Self::Local(_, ty) if ty.is_num())
    }
}

/// What stands around the steps.
struct Way {
    begin: &'static str,
    /// A branch to the end of the function.
    leave: &'static str,
}

/// A block, whose end branches go to.
const ONCE: Way = Way { begin: "block $to\n", leave: "local.get $zero\nbr_if $exit\n" };

/// A loop, which branches go back to, for a second round at most.
const TWICE: Way = Way {
    begin: "loop $to\nlocal.get $round\nlocal.set $left\ni32.const 1\nlocal.set $round\n",
    leave: "local.get $left\nbr_if $exit\n",
};

/// Locals that say which way control went.
const MARKS: [&str; 3] = ["$passed", "$jumped", "$then"];
const PASSED: &str = "i32.const 1\nlocal.set $passed\n";
const JUMPED: &str = "i32.const 1\nlocal.set $jumped\n";

/// Whether a step leaves what an accumulator has where it is, below its own operands.
fn leaves(step: &Step, output: Output) -> bool {
    let is_other = step.output.is_none_or(|other| other.accumulator != output.accumulator);
    let uses_stack = step.operands.iter().any(|operand| operand.source == Source::Stack);
    step.end == End::Next && is_other && !uses_stack
}

fn zero(ty: &ValType) -> String {
    if ty.is_ref() { "ref.null func".to_owned() } else { format!("{ty}.const 0") }
}
