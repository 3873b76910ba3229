//! What an engine is set to.

use super::interrupt::SLICE;
#[cfg(feature = "register")]
use crate::exec::WarmUp;
use crate::features::Features;
use crate::fuel::FuelCosts;
use crate::limits::ModuleLimits;
use crate::proposal::Proposal;

/// The settings of an [`Engine`](crate::Engine).
///
/// ```
/// use tablature::{Config, Engine};
///
/// let mut config = Config::new();
/// config.consume_fuel(true).wasm_multi_memory(false).max_call_depth(1_000);
/// let engine = Engine::new(&config);
/// # let _ = engine;
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) features: Features,
    pub(crate) limits: ModuleLimits,
    pub(crate) fuel_costs: FuelCosts,
    pub(crate) consume_fuel: bool,
    pub(crate) max_stack_size: usize,
    pub(crate) max_call_depth: usize,
    pub(crate) max_host_depth: usize,
    pub(crate) interruptible: bool,
    pub(crate) slice: u64,
    pub(crate) canonical_nans: bool,
    pub(crate) backtrace_frames: usize,
    pub(crate) backtrace_details: bool,
    pub(crate) strategy: Strategy,
    pub(crate) compilation_mode: CompilationMode,
    #[cfg(feature = "register")]
    pub(crate) warm_up: WarmUp,
    #[cfg(feature = "register")]
    pub(crate) fusion: bool,
    #[cfg(feature = "register")]
    pub(crate) dispatch: Dispatch,
    #[cfg(feature = "register")]
    pub(crate) hand_over: u32,
    pub(crate) probe_fails: bool,
}

/// Which engine executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Strategy {
    /// Functions begin in place, and go on in register code once they turn out to be called often or to loop: also in the
    /// middle of a loop.
    #[default]
    Auto,
    /// The module's own bytes are interpreted where they lie: no time and hardly any memory to get ready.
    InPlace,
    /// Functions are translated to register code when they are first called: faster, for more memory.
    #[cfg(feature = "register")]
    Register,
}

/// When functions are validated, and translated to register code where [`Config::strategy`] has them run so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum CompilationMode {
    /// All of them when the module is made: calls never wait.
    Eager,
    /// All are validated when the module is made, and each is translated when it is called.
    #[default]
    LazyTranslation,
    /// Each is validated when it is first called, too: only what is used takes time and memory, and making a module takes a
    /// fraction of the time.
    ///
    /// The price is that an invalid function is found late: [`Module::new`](crate::Module::new) checks everything but
    /// the bodies of functions, and a call of one that turns out invalid is an error, which says what
    /// [`Module::new`](crate::Module::new) would have said
    /// ([`Error::module_error`](crate::Error::module_error)), also where it is a guest that calls. What the guest did
    /// until then is done. [`Module::validate_functions`](crate::Module::validate_functions) checks what is left.
    ///
    /// Validating takes time in proportion to the function's size; it costs no fuel, and is not interrupted. Results, traps
    /// and fuel of valid modules are the same. Calls in place are somewhat slower.
    Lazy,
}

/// Whether register code is run with checks of the code itself. The results are the same; what guests do is checked either
/// way.
#[cfg(feature = "register")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Dispatch {
    /// The fastest that the build and the machine have.
    #[default]
    Auto,
    /// By safe Rust only: every byte of register code is checked to be there when it is read.
    Checked,
    /// By handlers whose addresses stand in the code, which a verifier has checked once. Needs the Cargo feature
    /// `optimize` and a machine for which there are such handlers; where there are none, `Checked`.
    Unchecked,
}

/// Bytes of value stack that an execution may take if nothing else is said.
const DEFAULT_STACK_SIZE: usize = 8 << 20;
/// Calls inside each other that an execution may have if nothing else is said.
const DEFAULT_CALL_DEPTH: usize = 100_000;
/// Calls of guests from host functions inside each other: each takes space on the host's own stack.
const DEFAULT_HOST_DEPTH: usize = 64;
/// Frames that a backtrace shows if nothing else is said: half of them from each end of a deep stack.
const DEFAULT_BACKTRACE_FRAMES: usize = 50;

impl Default for Config {
    fn default() -> Self {
        Self {
            features: Features::default(),
            limits: ModuleLimits::default(),
            fuel_costs: FuelCosts::default(),
            consume_fuel: false,
            max_stack_size: DEFAULT_STACK_SIZE,
            max_call_depth: DEFAULT_CALL_DEPTH,
            max_host_depth: DEFAULT_HOST_DEPTH,
            interruptible: false,
            slice: SLICE,
            canonical_nans: false,
            backtrace_frames: DEFAULT_BACKTRACE_FRAMES,
            backtrace_details: false,
            strategy: Strategy::Auto,
            compilation_mode: CompilationMode::LazyTranslation,
            #[cfg(feature = "register")]
            warm_up: WarmUp::DEFAULT,
            #[cfg(feature = "register")]
            fusion: true,
            #[cfg(feature = "register")]
            dispatch: Dispatch::Auto,
            #[cfg(feature = "register")]
            hand_over: 0,
            probe_fails: false,
        }
    }
}

impl Config {
    /// The default settings: every proposal that is compiled in, no fuel.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts fuel: guests stop when it runs out, and start with none
    /// ([`Store::set_fuel`](crate::Store::set_fuel)). Off if nothing is said.
    pub fn consume_fuel(&mut self, enable: bool) -> &mut Self {
        self.consume_fuel = enable;
        self
    }

    /// What instructions cost, in units of fuel.
    pub fn fuel_costs(&mut self, costs: FuelCosts) -> &mut Self {
        self.fuel_costs = costs;
        self
    }

    /// How large modules may be; values above the default's are lowered to it.
    pub fn module_limits(&mut self, limits: ModuleLimits) -> &mut Self {
        self.limits = limits;
        self
    }

    /// Bytes of value stack that an execution may take: 8 MiB if nothing is said. Memory is taken as it is needed.
    pub fn max_stack_size(&mut self, bytes: usize) -> &mut Self {
        self.max_stack_size = bytes;
        self
    }

    /// Calls of guests by guests inside each other that an execution may have: 100,000 if nothing is said. The outermost, by
    /// the embedder, does not count.
    pub fn max_call_depth(&mut self, calls: usize) -> &mut Self {
        self.max_call_depth = calls;
        self
    }

    /// How deep host functions may call guests that call host functions: 64 if nothing is said.
    pub fn max_host_depth(&mut self, calls: usize) -> &mut Self {
        self.max_host_depth = calls;
        self
    }

    /// Lets executions be interrupted from outside: see [`Store::interrupt_handle`](crate::Store::interrupt_handle). Off
    /// if nothing is said. Where fuel is counted this costs nothing. Elsewhere register code without checks looks for
    /// interruptions at loops and calls, which takes about 1 % of the time; all other code counts fuel.
    pub fn interruptible(&mut self, enable: bool) -> &mut Self {
        self.interruptible = enable;
        self
    }

    /// Makes every NaN that arithmetic gives the canonical one (positive, only the uppermost bit of the fraction set), so
    /// that results are the same bits on every machine. Off if nothing is said: then a NaN's bits are the machine's
    /// choice among those that the specification allows ("NaN propagation").
    pub fn canonical_nans(&mut self, enable: bool) -> &mut Self {
        self.canonical_nans = enable;
        self
    }

    /// How many frames a backtrace shows, half of them from each end of a deep stack: 50 if nothing is said. With 0 errors
    /// have no backtrace.
    pub fn wasm_backtrace_max_frames(&mut self, frames: usize) -> &mut Self {
        self.backtrace_frames = frames;
        self
    }

    /// Looks up files and lines for backtraces in a module's DWARF sections, if it has them and the feature `addr2line` is
    /// on. Off if nothing is said: it takes time in proportion to those sections.
    pub fn wasm_backtrace_details(&mut self, enable: bool) -> &mut Self {
        self.backtrace_details = enable;
        self
    }

    /// Which engine executes: [`Strategy::Auto`] if nothing is said. The results are the same.
    pub fn strategy(&mut self, strategy: Strategy) -> &mut Self {
        self.strategy = strategy;
        self
    }

    /// When functions are validated and translated: [`CompilationMode::LazyTranslation`] if nothing is said.
    ///
    /// ```
    /// use tablature::{CompilationMode, Config, Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::new(Config::new().compilation_mode(CompilationMode::Lazy));
    /// // (module (func (export "good")) (func (export "bad") i32.add))
    /// let module = Module::new(&engine, b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x03\x02\0\0\
    ///     \x07\x0e\x02\x04good\0\0\x03bad\0\x01\x0a\x08\x02\x02\0\x0b\x03\0\x6a\x0b")?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// instance.invoke(&mut store, "good", &[])?;
    ///
    /// let error = instance.invoke(&mut store, "bad", &[]).unwrap_err();
    /// assert_eq!(error.module_error().unwrap().offset(), 0x2b);
    /// assert_eq!(module.validate_functions().unwrap_err().to_string(), error.to_string());
    /// # Ok::<(), tablature::Error>(())
    /// ```
    pub fn compilation_mode(&mut self, mode: CompilationMode) -> &mut Self {
        self.compilation_mode = mode;
        self
    }

    /// Whether register code is run with checks of the code itself: [`Dispatch::Auto`] if nothing is said.
    #[cfg(feature = "register")]
    pub fn dispatch(&mut self, dispatch: Dispatch) -> &mut Self {
        self.dispatch = dispatch;
        self
    }

    /// After how many calls of a function, and after how many rounds of loops, [`Strategy::Auto`] goes on in register code:
    /// for tests and measurements. The results are the same.
    #[cfg(feature = "register")]
    #[doc(hidden)]
    pub fn warm_up(&mut self, calls: u32, rounds: u32) -> &mut Self {
        self.warm_up = WarmUp { calls, rounds };
        self
    }

    /// Whether pairs of register instructions become one: for tests and measurements. The results are the same.
    #[cfg(feature = "register")]
    #[doc(hidden)]
    pub fn fusion(&mut self, enable: bool) -> &mut Self {
        self.fusion = enable;
        self
    }

    /// After how many units of fuel executions that can be interrupted look whether they are, where they look after slices:
    /// for tests.
    #[doc(hidden)]
    pub fn interruption_slice(&mut self, fuel: u64) -> &mut Self {
        self.slice = fuel;
        self
    }

    /// Has register code hand over to the in-place engine wherever it comes to the start of a run, as if fuel did not pay
    /// for it; and at one of `every` runs behind calls that guests come back to. At functions' entries and at loops they go
    /// on in register code as always. With 0, as if nothing is said, it hands over only where fuel does not suffice.
    ///
    /// For tests, of engines that count fuel: runs are what fuel is reserved for. The results are the same.
    #[cfg(feature = "register")]
    #[doc(hidden)]
    pub fn hand_over(&mut self, every: u32) -> &mut Self {
        self.hand_over = every;
        self
    }

    /// Whether the in-place engine counts fuel: for stops from outside, too, which it notices where that runs out.
    pub(crate) const fn counts_in_place(&self) -> bool {
        self.consume_fuel || self.interruptible
    }

    /// How long functions run in place before they are translated; nothing where they always do.
    #[cfg(feature = "register")]
    pub(crate) fn warm_up_of_strategy(&self) -> Option<WarmUp> {
        match self.strategy {
            Strategy::Auto => Some(self.warm_up),
            Strategy::InPlace => None,
            Strategy::Register => Some(WarmUp { calls: 0, rounds: 0 }),
        }
    }

    /// Counts the probe as failed which finds out, once in a process, whether handlers jump to each other: everything
    /// executes as on a machine where they do not, by plain loops that check their code, whatever
    /// [`dispatch`](Self::dispatch) says. For tests and measurements. The results are the same.
    #[doc(hidden)]
    pub fn probe_fails(&mut self, enable: bool) -> &mut Self {
        self.probe_fails = enable;
        self
    }

    /// Switches a proposal on, as far as it is compiled in, or off.
    pub fn wasm_proposal(&mut self, proposal: Proposal, enable: bool) -> &mut Self {
        self.features.set_proposal(proposal, enable);
        self
    }

    pub(crate) fn set_proposal(&mut self, proposal: Proposal, enable: bool) -> &mut Self {
        self.wasm_proposal(proposal, enable)
    }
}

include!(concat!(env!("OUT_DIR"), "/config.rs"));
