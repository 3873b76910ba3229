//! The engines that guests are run with, behind one interface: whatever a test says holds for each of them.

#[cfg(feature = "tablature")]
mod tablature;
mod wasmi;

use tablature_wasi::{Exit, WasiCtx};

/// An engine.
pub struct Engine {
    pub name: &'static str,
    /// Whether it executes SIMD instructions.
    pub simd: bool,
    /// Instantiates a module in the binary format for a guest with this context.
    pub instantiate: fn(&[u8], WasiCtx) -> Instantiated,
}

/// An instance, or what is wrong with its module.
pub type Instantiated = Result<Box<dyn Instance>, String>;

pub const WASMI: Engine = Engine { name: "wasmi", simd: true, instantiate: wasmi::instantiate };

#[cfg(feature = "tablature")]
pub const TABLATURE: Engine = Engine { name: "tablature", simd: false, instantiate: tablature::instantiate };

/// Every engine that this build has.
pub const ENGINES: &[Engine] = &[
    WASMI,
    #[cfg(feature = "tablature")]
    TABLATURE,
];

/// An instance of a module, and everything that it lives in.
pub trait Instance: Send {
    /// Calls an exported function, whose parameters and results are integers. Gives its result, or zero without one.
    fn call(&mut self, export: &str, arguments: &[u64]) -> Result<u64, Stop>;

    /// The memory that the module exports as `memory`.
    fn memory(&mut self) -> &mut [u8];
}

/// Why a call did not return.
#[derive(Debug, PartialEq)]
pub enum Stop {
    /// WASI ended the guest.
    Exit(Exit),
    /// Something else did, or there is no such function.
    Error(String),
}

impl Engine {
    /// Runs a command, and gives its exit code.
    pub fn run(&self, wasm: &[u8], ctx: WasiCtx) -> Result<u32, String> {
        let mut instance = (self.instantiate)(wasm, ctx)?;
        match instance.call("_start", &[]) {
            Ok(_) => Ok(0),
            Err(Stop::Exit(exit)) => Ok(exit.code()),
            Err(Stop::Error(error)) => Err(error),
        }
    }

    /// Instantiates a module in the text format.
    pub fn instantiate_text(&self, text: &str, ctx: WasiCtx) -> Box<dyn Instance> {
        let wasm = wat::parse_str(text).expect("the text is a module");
        (self.instantiate)(&wasm, ctx).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}
