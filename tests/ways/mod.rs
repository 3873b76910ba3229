//! The ways to execute a module: the results must be the same in each.

use std::fmt;
use tablature::{CompilationMode, Config, Dispatch, Strategy};

/// A way to execute a module.
pub struct Way {
    name: String,
    pub config: Config,
    pub counts_fuel: bool,
    /// How much fuel guests get at a time, if it is not all at once.
    pub slice: Option<u64>,
    /// Whether guests are interrupted wherever they can be, and go on.
    pub is_interrupted: bool,
    /// Whether register code hands over to the in-place engine at the start of every run.
    pub hands_over: bool,
}

/// How an engine is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As the build and the machine have it: with the feature `optimize` by handlers that do not check their code.
    Fastest,
    /// By handlers that jump to each other and check their code.
    Checked,
    /// The same as `Fastest`, where the probe of the handlers fails: by plain loops.
    ProbeFails,
}

impl Form {
    const ALL: [Self; 3] = [Self::Fastest, Self::Checked, Self::ProbeFails];

    fn set(self, config: &mut Config) {
        config.dispatch(if self == Self::Checked { Dispatch::Checked } else { Dispatch::Unchecked });
        config.probe_fails(self == Self::ProbeFails);
    }
}

impl Way {
    /// The one that the others are compared with.
    pub fn reference() -> Self {
        Self::in_place(Form::Fastest)
    }

    /// With everything in register code that can be, and fuel that is counted.
    fn register(form: Form, fusion: bool) -> Self {
        let mut config = Config::new();
        config.strategy(Strategy::Register).fusion(fusion);
        form.set(&mut config);
        let pairs = if fusion { "" } else { ", no pairs" };
        let name = format!("register ({form:?}{pairs})");
        Self { name, config, counts_fuel: true, slice: None, is_interrupted: false, hands_over: false }
    }

    /// Beginning in place, and going on in register code after so many calls or rounds.
    fn auto(form: Form, warm_up: u32) -> Self {
        let mut way = Self::register(form, !warm_up.is_multiple_of(2));
        way.config.strategy(Strategy::Auto).warm_up(warm_up, warm_up);
        way.name = format!("register after {warm_up} ({form:?})");
        way
    }

    /// All in place.
    fn in_place(form: Form) -> Self {
        let mut way = Self::register(form, true);
        way.config.strategy(Strategy::InPlace);
        way.name = format!("in place ({form:?})");
        way
    }

    /// The same where register code hands over at the start of every run, and at one of `every` that it is entered at behind
    /// calls.
    fn handing_over(mut self, every: u32) -> Self {
        self.config.hand_over(every);
        self.name += &format!(", handing over, at one of {every} behind calls");
        self.hands_over = true;
        self
    }

    /// The same where functions are validated when they are called.
    fn validated_late(mut self) -> Self {
        self.config.compilation_mode(CompilationMode::Lazy);
        self.name += ", validated late";
        self
    }

    /// The same in slices of fuel.
    fn in_slices(mut self, slice: u64) -> Self {
        self.name += &format!(", in slices of {slice}");
        self.slice = Some(slice);
        self
    }

    /// The same where fuel is not counted.
    fn without_fuel(mut self) -> Self {
        self.name += ", without fuel";
        self.counts_fuel = false;
        self
    }

    /// The same where the embedder interrupts it again and again.
    fn interrupted(mut self) -> Self {
        self.config.interruptible(true).interruption_slice(97);
        self.name += ", interrupted";
        self.is_interrupted = true;
        self
    }

    /// The same where the embedder could interrupt it.
    fn interruptible(mut self) -> Self {
        self.config.interruptible(true);
        self.name += ", interruptible";
        self
    }
}

/// Each engine in each form, with pairs and without, with fuel and without, and handing over at the start of every run.
pub fn main() -> Vec<Way> {
    let in_register_code = Form::ALL.into_iter().flat_map(|form| {
        [
            Way::register(form, true),
            Way::register(form, false),
            Way::register(form, true).handing_over(1),
            Way::register(form, true).without_fuel(),
        ]
    });
    let others = [
        Way::in_place(Form::ProbeFails),
        Way::in_place(Form::Fastest).without_fuel(),
        Way::register(Form::Fastest, true).without_fuel().interruptible(),
    ];
    others.into_iter().chain(in_register_code).collect()
}

/// All ways: these, and others in which guests pass from one engine to the other, and functions are validated late.
pub fn all() -> Vec<Way> {
    let in_register_code = Form::ALL.into_iter().flat_map(|form| {
        [
            Way::register(form, false).handing_over(2),
            Way::register(form, true).handing_over(3),
            Way::register(form, true).in_slices(97),
            Way::register(form, true).handing_over(2).in_slices(11),
            Way::register(form, false).without_fuel(),
            Way::auto(form, 1),
            Way::auto(form, 2).handing_over(2),
        ]
    });
    let others = [
        Way::in_place(Form::ProbeFails).without_fuel(),
        Way::in_place(Form::Fastest).in_slices(97),
        Way::in_place(Form::Fastest).validated_late(),
        Way::in_place(Form::ProbeFails).validated_late(),
        Way::register(Form::Fastest, true).validated_late(),
        Way::auto(Form::Fastest, 0),
        Way::auto(Form::Fastest, 5),
        Way::auto(Form::Fastest, 2).without_fuel().interruptible(),
        Way::auto(Form::Fastest, 3).without_fuel().interrupted(),
        Way::register(Form::Fastest, true).without_fuel().interrupted(),
        Way::register(Form::Fastest, false).interrupted(),
        Way::auto(Form::Fastest, 1).in_slices(97),
        Way::auto(Form::ProbeFails, 1).validated_late(),
        Way::auto(Form::Fastest, 3).validated_late(),
        Way::auto(Form::Fastest, 3).validated_late().handing_over(2),
    ];
    main().into_iter().chain(in_register_code).chain(others).collect()
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
