//! From the directives of a script to those of the program.

use crate::Suites;
use crate::format::{MEMORY, TABLE, action, expected, tag};
use crate::module::{self, Info, Size, share};
use crate::output::Output;
use std::collections::HashMap;
use wast::core::{AbstractHeapType, HeapType, NanPattern, WastArgCore, WastRetCore};
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::Id;
use wast::{QuoteWat, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet};

/// Something that a script makes, or why it is not there.
#[derive(Clone)]
enum Item<T> {
    Ready(T),
    Skipped(String),
}

/// A directive is skipped for this reason.
struct Skip(String);

/// What becomes of a module that should be valid.
enum Verdict {
    Valid(Box<Info>),
    /// It needs these proposals.
    Lacking(Vec<&'static str>),
}

/// How many of what a file has: so long are the program's lists.
#[derive(Default, Clone, Copy)]
pub struct Totals {
    /// Of all modules together, in the order of `LISTS`.
    pub lengths: [usize; crate::format::LISTS],
    pub modules: usize,
    pub slots: usize,
    pub registered: usize,
    pub indices: usize,
    pub functions: usize,
    pub globals: usize,
    pub references: usize,
    pub imports: usize,
    pub memories: usize,
    pub tables: usize,
}

impl Totals {
    /// The largest of each.
    pub fn most(self, other: &Self) -> Self {
        let mut lengths = self.lengths;
        for (length, other) in lengths.iter_mut().zip(other.lengths) {
            *length = other.max(*length);
        }
        Self {
            lengths,
            modules: self.modules.max(other.modules),
            slots: self.slots.max(other.slots),
            registered: self.registered.max(other.registered),
            indices: self.indices.max(other.indices),
            functions: self.functions.max(other.functions),
            globals: self.globals.max(other.globals),
            references: self.references.max(other.references),
            imports: self.imports.max(other.imports),
            memories: self.memories.max(other.memories),
            tables: self.tables.max(other.tables),
        }
    }
}

/// A script that is translated.
struct Script<'s> {
    suites: &'s mut Suites,
    name: &'s str,
    text: &'s str,
    out: Output,
    line: usize,
    totals: Totals,
    memories: Vec<Size>,
    tables: Vec<Size>,
    /// Definitions and instances by name, and the last one of each; instances by their slot.
    definitions: HashMap<String, Item<(usize, Info)>>,
    last_definition: Option<Item<(usize, Info)>>,
    instances: HashMap<String, Item<usize>>,
    current: Option<Item<usize>>,
    /// Names under which an instance should be registered that was skipped, and why.
    skipped_names: HashMap<String, String>,
}

/// Writes the script `name` behind `file`; gives how many of what it has.
pub fn translate(suites: &mut Suites, name: &str, text: &str, file: &mut Output) -> Totals {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).unwrap_or_else(|error| panic!("{name}: {error}"));
    let wast = parser::parse::<Wast<'_>>(&buffer).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut script = Script {
        suites,
        name,
        text,
        out: Output::default(),
        line: 0,
        totals: Totals::default(),
        memories: Vec::new(),
        tables: Vec::new(),
        definitions: HashMap::new(),
        last_definition: None,
        instances: HashMap::new(),
        current: None,
        skipped_names: HashMap::new(),
    };
    script.spectest();
    for directive in wast.directives {
        script.line = directive.span().linecol_in(script.text).0 + 1;
        if let Err(Skip(reason)) = script.directive(directive) {
            script.skip(&reason);
        }
    }
    file.text(name);
    for (sizes, room) in [(&script.memories, MEMORY), (&script.tables, TABLE)] {
        let shares = share(sizes, room as u64);
        file.u32(shares.len());
        for share in shares {
            file.u64(share);
        }
    }
    file.bytes(&script.out.0);
    Totals { memories: script.memories.len(), tables: script.tables.len(), ..script.totals }
}

impl Script<'_> {
    /// The module that the suite's scripts import from; the program brings the functions. Nothing is counted.
    fn spectest(&mut self) {
        let bytes = self.suites.spectest();
        let info = Info::new(&bytes).expect("the engine takes the module spectest");
        let slot = self.new_slot();
        self.begin(tag::MODULE).u32(slot);
        self.module(&info);
        self.imports(&info);
        self.instantiated(&info);
        self.begin(tag::REGISTER).u32(slot).text("spectest");
        self.totals.registered += 1;
    }

    fn begin(&mut self, tag: u8) -> &mut Output {
        self.out.u8(tag).u32(self.line)
    }

    fn skip(&mut self, reason: &str) {
        let reason = self.suites.reason(reason);
        self.begin(tag::SKIP).u32(reason);
    }

    fn new_slot(&mut self) -> usize {
        self.totals.slots += 1;
        self.totals.slots - 1
    }

    fn directive(&mut self, directive: WastDirective<'_>) -> Result<(), Skip> {
        match directive {
            WastDirective::Module(module) => self.module_directive(module),
            WastDirective::ModuleDefinition(module) => self.definition(module),
            WastDirective::ModuleInstance { instance, module, .. } => self.instance_of(instance, module),
            WastDirective::Register { name, module, .. } => self.register(name, module),
            WastDirective::Invoke(invoke) => {
                let action = self.invoke(&invoke)?;
                self.begin(tag::INVOKE).0.extend(action);
                Ok(())
            }
            WastDirective::AssertReturn { exec, results, .. } => self.assert_return(exec, &results),
            WastDirective::AssertTrap { exec: WastExecute::Wat(mut module), message, .. } => {
                let bytes = module.encode().expect("it is well-formed");
                self.assert_module(tag::TRAP_MODULE, &bytes, message)
            }
            WastDirective::AssertTrap { exec, message, .. } => {
                let action = self.execute(&exec)?;
                self.begin(tag::TRAP).text(message).0.extend(action);
                Ok(())
            }
            WastDirective::AssertExhaustion { call, message, .. } => {
                let action = self.invoke(&call)?;
                self.begin(tag::TRAP).text(message).0.extend(action);
                Ok(())
            }
            WastDirective::AssertInvalid { module, message, .. }
            | WastDirective::AssertMalformed { module, message, .. } => self.assert_refused(module, message),
            WastDirective::AssertUnlinkable { mut module, message, .. } => {
                let bytes = module.encode().expect("it is well-formed");
                self.assert_module(tag::UNLINKABLE, &bytes, message)
            }
            WastDirective::AssertException { .. } => Err(Skip("needs exceptions".to_string())),
            WastDirective::AssertSuspension { .. } => Err(Skip("needs stack-switching".to_string())),
            WastDirective::Thread(_) | WastDirective::Wait { .. } => Err(Skip("needs threads".to_string())),
            WastDirective::AssertMalformedCustom { mut module, .. }
            | WastDirective::AssertInvalidCustom { mut module, .. } => match module.encode() {
                Ok(_) => Err(Skip("the engine does not look into custom sections".to_string())),
                Err(_) => {
                    self.begin(tag::TEXT);
                    Ok(())
                }
            },
        }
    }

    /// What to expect of a module that should be valid. The engine may take what the suite calls valid without a proposal
    /// that wasmparser counts it to.
    fn verdict(&self, bytes: &[u8]) -> Verdict {
        let oracle = &self.suites.oracle;
        let (accepted, waits) = (oracle.accepts(bytes), oracle.waits_for(bytes));
        match Info::new(bytes) {
            Some(info) if accepted || waits.is_some() => Verdict::Valid(Box::new(info)),
            None if !accepted => Verdict::Lacking(waits.unwrap_or_else(|| vec!["unknown"])),
            Some(_) => panic!("{}:{}: the engine accepts what wasmparser refuses", self.name, self.line),
            // wasmparser asks for no proposal where a segment has flags only to name its table.
            None if module::needs_bulk_memory(bytes) => Verdict::Lacking(vec!["bulk-memory"]),
            None => panic!("{}:{}: the engine refuses what wasmparser accepts", self.name, self.line),
        }
    }

    /// The module, or a directive that the engine must refuse it.
    fn compile(&mut self, bytes: &[u8]) -> Result<Info, String> {
        match self.verdict(bytes) {
            Verdict::Valid(info) => Ok(*info),
            Verdict::Lacking(proposals) => {
                let text = format!("needs {}", proposals.join(" + "));
                let reason = self.suites.reason(&text);
                let out = self.begin(tag::LACKING).u32(reason).u32(proposals.len());
                for proposal in proposals {
                    out.text(&proposal.replace('-', "_"));
                }
                out.bytes(bytes);
                Err(text)
            }
        }
    }

    fn skipped_import(&self, info: &Info) -> Option<String> {
        info.imports.iter().find_map(|(module, _)| self.skipped_names.get(module)).cloned()
    }

    fn module(&mut self, info: &Info) {
        let lengths = info.lengths();
        for length in lengths {
            self.out.u32(length);
        }
        self.out.bytes(&info.bytes);
        self.totals.modules += 1;
        // The lists of validation, which come last, are free again after each module.
        for (place, (total, length)) in self.totals.lengths.iter_mut().zip(lengths).enumerate() {
            *total = if place < 13 { *total + length } else { length.max(*total) };
        }
    }

    fn imports(&mut self, info: &Info) {
        self.out.u32(info.imports.len());
        for (module, name) in &info.imports {
            self.out.text(module).text(name);
        }
        self.totals.imports = self.totals.imports.max(info.imports.len());
    }

    /// An instance is made, and takes its share of the store's lists.
    fn instantiated(&mut self, info: &Info) {
        self.memories.extend(&info.memories);
        self.tables.extend(&info.tables);
        self.totals.indices += info.needed.indices;
        self.totals.functions += info.needed.store_functions;
        self.totals.globals += info.needed.store_globals;
        self.totals.references += info.needed.references;
    }

    fn module_directive(&mut self, mut module: QuoteWat<'_>) -> Result<(), Skip> {
        let name = module.name().map(|id| id.name().to_string());
        let bytes = module.encode().expect("it is well-formed");
        let item = match self.compile(&bytes) {
            Ok(info) => match self.skipped_import(&info) {
                None => {
                    let slot = self.new_slot();
                    self.begin(tag::MODULE).u32(slot);
                    self.module(&info);
                    self.imports(&info);
                    self.instantiated(&info);
                    Item::Ready(slot)
                }
                Some(reason) => {
                    self.skip(&reason);
                    Item::Skipped(reason)
                }
            },
            Err(reason) => Item::Skipped(reason),
        };
        self.remember(name, item);
        Ok(())
    }

    fn remember(&mut self, name: Option<String>, item: Item<usize>) {
        if let Some(name) = name {
            self.instances.insert(name, item.clone());
        }
        self.current = Some(item);
    }

    fn definition(&mut self, mut module: QuoteWat<'_>) -> Result<(), Skip> {
        let name = module.name().map(|id| id.name().to_string());
        let bytes = module.encode().expect("it is well-formed");
        let item = match self.compile(&bytes) {
            Ok(info) => {
                let slot = self.new_slot();
                self.begin(tag::DEFINITION).u32(slot);
                self.module(&info);
                Item::Ready((slot, info))
            }
            Err(reason) => Item::Skipped(reason),
        };
        if let Some(name) = name {
            self.definitions.insert(name, item.clone());
        }
        self.last_definition = Some(item);
        Ok(())
    }

    fn instance_of(&mut self, instance: Option<Id<'_>>, module: Option<Id<'_>>) -> Result<(), Skip> {
        let definition = match module {
            Some(id) => self.definitions.get(id.name()),
            None => self.last_definition.as_ref(),
        };
        let item = match definition.cloned().expect("there is a definition") {
            Item::Ready((definition, info)) => {
                let slot = self.new_slot();
                self.begin(tag::INSTANCE).u32(slot).u32(definition);
                self.imports(&info);
                self.instantiated(&info);
                Item::Ready(slot)
            }
            Item::Skipped(reason) => {
                self.skip(&reason);
                Item::Skipped(reason)
            }
        };
        self.remember(instance.map(|id| id.name().to_string()), item);
        Ok(())
    }

    /// The slot of the instance that a directive means.
    fn instance(&self, name: Option<Id<'_>>) -> Result<usize, Skip> {
        let item = match name {
            Some(id) => self.instances.get(id.name()),
            None => self.current.as_ref(),
        };
        match item.expect("there is such an instance") {
            Item::Ready(slot) => Ok(*slot),
            Item::Skipped(reason) => Err(Skip(reason.clone())),
        }
    }

    fn register(&mut self, name: &str, module: Option<Id<'_>>) -> Result<(), Skip> {
        match self.instance(module) {
            Ok(slot) => {
                self.skipped_names.remove(name);
                self.totals.registered += 1;
                self.begin(tag::REGISTER).u32(slot).text(name);
                Ok(())
            }
            Err(Skip(reason)) => {
                self.skipped_names.insert(name.to_string(), reason.clone());
                Err(Skip(reason))
            }
        }
    }

    fn invoke(&self, invoke: &WastInvoke<'_>) -> Result<Vec<u8>, Skip> {
        let mut out = Output::default();
        out.u32(self.instance(invoke.module)?).u8(action::CALL).text(invoke.name).u32(invoke.args.len());
        for arg in &invoke.args {
            out.u64(argument(arg)?);
        }
        Ok(out.0)
    }

    fn execute(&self, exec: &WastExecute<'_>) -> Result<Vec<u8>, Skip> {
        match exec {
            WastExecute::Invoke(invoke) => self.invoke(invoke),
            WastExecute::Get { module, global, .. } => {
                let mut out = Output::default();
                out.u32(self.instance(*module)?).u8(action::GLOBAL).text(global).u32(0);
                Ok(out.0)
            }
            WastExecute::Wat(_) => Err(Skip("a module is expected to return".to_string())),
        }
    }

    fn assert_return(&mut self, exec: WastExecute<'_>, results: &[WastRet<'_>]) -> Result<(), Skip> {
        let action = self.execute(&exec)?;
        let mut values = Output::default();
        values.u32(results.len());
        for result in results {
            let (kind, bits) = expectation(result)?;
            values.u8(kind).u64(bits);
        }
        let out = self.begin(tag::RETURN);
        out.0.extend(action);
        out.0.extend(values.0);
        Ok(())
    }

    /// An assertion that a valid module cannot be linked, or traps when it is instantiated.
    fn assert_module(&mut self, tag: u8, bytes: &[u8], message: &str) -> Result<(), Skip> {
        let Ok(info) = self.compile(bytes) else { return Ok(()) };
        if let Some(reason) = self.skipped_import(&info) {
            return Err(Skip(reason));
        }
        self.begin(tag).text(message);
        self.module(&info);
        self.imports(&info);
        if tag == tag::TRAP_MODULE {
            self.instantiated(&info);
        }
        Ok(())
    }

    fn assert_refused(&mut self, mut module: QuoteWat<'_>, message: &str) -> Result<(), Skip> {
        let Ok(bytes) = module.encode() else {
            self.begin(tag::TEXT);
            return Ok(());
        };
        if self.suites.oracle.accepts(&bytes) && Info::new(&bytes).is_some() {
            return Err(Skip("a proposal that is on makes it valid".to_string()));
        }
        let compare = !self.suites.oracle.concerns_lacking(&bytes);
        self.begin(tag::REFUSED).text(message).u8(u8::from(compare)).bytes(&bytes);
        Ok(())
    }
}

/// An argument as a slot.
fn argument(arg: &WastArg<'_>) -> Result<u64, Skip> {
    let WastArg::Core(arg) = arg else { return Err(Skip("needs component-model".to_string())) };
    Ok(match arg {
        WastArgCore::I32(value) => u64::from(*value as u32),
        WastArgCore::I64(value) => *value as u64,
        WastArgCore::F32(value) => u64::from(value.bits),
        WastArgCore::F64(value) => value.bits,
        WastArgCore::RefNull(_) => 0,
        // Not null: an external reference is any other number.
        WastArgCore::RefExtern(number) => u64::from(*number) + 1,
        WastArgCore::V128(_) => return Err(Skip("needs simd".to_string())),
        WastArgCore::RefHost(_) => return Err(Skip("needs gc".to_string())),
    })
}

/// What a result is compared with.
fn expectation(result: &WastRet<'_>) -> Result<(u8, u64), Skip> {
    let WastRet::Core(result) = result else { return Err(Skip("needs component-model".to_string())) };
    Ok(match result {
        WastRetCore::I32(value) => (expected::I32, u64::from(*value as u32)),
        WastRetCore::I64(value) => (expected::I64, *value as u64),
        WastRetCore::F32(NanPattern::Value(value)) => (expected::F32, u64::from(value.bits)),
        WastRetCore::F32(NanPattern::CanonicalNan) => (expected::F32_CANONICAL, 0),
        WastRetCore::F32(NanPattern::ArithmeticNan) => (expected::F32_ARITHMETIC, 0),
        WastRetCore::F64(NanPattern::Value(value)) => (expected::F64, value.bits),
        WastRetCore::F64(NanPattern::CanonicalNan) => (expected::F64_CANONICAL, 0),
        WastRetCore::F64(NanPattern::ArithmeticNan) => (expected::F64_ARITHMETIC, 0),
        WastRetCore::RefNull(ty) => match ty {
            None
            | Some(HeapType::Abstract {
                shared: false,
                ty:
                    AbstractHeapType::Func
                    | AbstractHeapType::Extern
                    | AbstractHeapType::NoFunc
                    | AbstractHeapType::NoExtern,
            }) => (expected::NULL, 0),
            Some(_) => return Err(Skip("needs gc".to_string())),
        },
        WastRetCore::RefFunc(_) => (expected::ANY_FUNCTION, 0),
        WastRetCore::RefExtern(Some(number)) => (expected::EXTERN, u64::from(*number) + 1),
        WastRetCore::RefExtern(None) => (expected::ANY_EXTERN, 0),
        WastRetCore::V128(_) => return Err(Skip("needs simd".to_string())),
        WastRetCore::Either(_) => return Err(Skip("expects one of several values".to_string())),
        _ => return Err(Skip("needs gc".to_string())),
    })
}
