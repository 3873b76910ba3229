//! A guest that exports every function of WASI as it imports it, so that a test can make any call as the guest.

use crate::engines::{Engine, Instance, Stop};
use tablature_wasi::{Function, Snapshot, Type, WasiCtx};

/// How large the guest's memory is.
const PAGES: usize = 4;

/// A forwarding guest on an engine.
pub struct Guest(Box<dyn Instance>);

impl Guest {
    pub fn new(engine: &Engine, snapshot: Snapshot, ctx: WasiCtx) -> Guest {
        Guest(engine.instantiate_text(&text(snapshot), ctx))
    }

    /// Makes the guest call a function; gives the error number.
    pub fn call(&mut self, function: &str, arguments: &[u64]) -> Result<u16, Stop> {
        self.0.call(function, arguments).map(|errno| u16::try_from(errno).expect("error numbers have 16 bits"))
    }

    /// Makes the guest call a function that must succeed.
    #[track_caller]
    pub fn ok(&mut self, function: &str, arguments: &[u64]) {
        assert_eq!(self.call(function, arguments), Ok(0), "{function}{arguments:?}");
    }

    pub fn memory(&mut self) -> &mut [u8] {
        self.0.memory()
    }

    pub fn put(&mut self, at: usize, bytes: &[u8]) {
        self.memory()[at..][..bytes.len()].copy_from_slice(bytes);
    }

    pub fn u32(&mut self, at: usize) -> u32 {
        u32::from_le_bytes(self.memory()[at..][..4].try_into().expect("four bytes"))
    }

    pub fn u64(&mut self, at: usize) -> u64 {
        u64::from_le_bytes(self.memory()[at..][..8].try_into().expect("eight bytes"))
    }
}

/// The module in the text format: all imports, and then for each a function that calls it.
fn text(snapshot: Snapshot) -> String {
    let (mut imports, mut exports) = (String::new(), String::new());
    for function in snapshot.functions() {
        let (module, name, ty) = (snapshot.module(), function.name, ty(function));
        let arguments: String = (0..function.params.len()).map(|index| format!(" (local.get {index})")).collect();
        imports += &format!("(import \"{module}\" \"{name}\" (func ${name} {ty}))\n");
        exports += &format!("(func (export \"{name}\") {ty} (call ${name}{arguments}))\n");
    }
    format!("(module\n{imports}(memory (export \"memory\") {PAGES})\n{exports})")
}

fn ty(function: &Function) -> String {
    let list =
        |types: &[Type]| -> String { types.iter().map(|ty| if *ty == Type::I32 { " i32" } else { " i64" }).collect() };
    let results = match function.results {
        [] => String::new(),
        results => format!("(result{})", list(results)),
    };
    format!("(param{}) {results}", list(function.params))
}
