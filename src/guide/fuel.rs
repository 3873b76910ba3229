//! How much a guest may execute, at what price, and what is promised about it.
//!
//! # Switching it on
//!
//! With [`Config::consume_fuel`] a store has fuel, and every instruction takes some of it. A store begins with none. An
//! execution that meets an instruction which costs more than is left stops before it, with an error for which
//! [`Error::is_out_of_fuel`] holds:
//!
//! ```
//! use tablature::{Config, Engine, Instance, Module, Store};
//!
//! let engine = Engine::new(Config::new().consume_fuel(true));
//! let module = Module::new(&engine, wat::parse_str(r#"(module
//!     (func (export "spin") (loop (br 0)))
//!     (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#)?)?;
//! let mut store = Store::new(&engine, ());
//! let instance = Instance::new(&mut store, &module, &[])?;
//!
//! store.set_fuel(1_000)?;
//! let spin = instance.get_typed_func::<(), ()>(&store, "spin")?;
//! assert!(spin.call(&mut store, ()).unwrap_err().is_out_of_fuel());
//!
//! store.set_fuel(10)?;
//! let add = instance.get_typed_func::<(i32, i32), i32>(&store, "add")?;
//! assert_eq!(add.call(&mut store, (1, 2))?, 3);
//! // Two `local.get` and an `i32.add`; the `end` costs nothing.
//! assert_eq!(store.get_fuel()?, 7);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A module's start function takes fuel like any other; checking a module and making an instance take none. Host
//! functions take none by themselves, but they can read and set what is left with [`Caller::get_fuel`] and
//! [`Caller::set_fuel`]: exactly what the guest has not used.
//!
//! ```
//! # use tablature::{Config, Engine, Linker, Module, Store};
//! use tablature::{Caller, Error, Result};
//!
//! /// Charges a guest for what the host does for it.
//! fn expensive(mut caller: Caller<'_, ()>) -> Result<()> {
//!     let left = caller.get_fuel()?.checked_sub(500).ok_or_else(|| Error::msg("not enough fuel"))?;
//!     caller.set_fuel(left)
//! }
//! # let engine = Engine::new(Config::new().consume_fuel(true));
//! # let mut linker = Linker::new(&engine);
//! # linker.func_wrap("host", "expensive", expensive)?;
//! # let module = Module::new(&engine, wat::parse_str(r#"(module
//! #     (import "host" "expensive" (func $expensive)) (func (export "run") (call $expensive)))"#)?)?;
//! # let mut store = Store::new(&engine, ());
//! # store.set_fuel(600)?;
//! # let instance = linker.instantiate(&mut store, &module)?;
//! # instance.invoke(&mut store, "run", &[])?;
//! # assert!(store.get_fuel()? < 100);
//! # assert!(instance.invoke(&mut store, "run", &[]).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Prices
//!
//! Each instruction belongs to a [`FuelClass`], and a class has a price. Most instructions cost 1 unit, those that only
//! delimit blocks nothing, divisions and roots more. What takes time in proportion to a number pays in proportion: for
//! the locals that a call makes, the values that a branch carries, the bytes that `memory.fill` writes, the pages that
//! `memory.grow` asks for. `docs/instructions.md` in the repository has the price of each instruction, and the command
//! `tablature explain NAME` says it.
//!
//! [`Config::fuel_costs`] sets other prices. With [`FuelCosts::unit`] fuel counts instructions. A class whose
//! instructions could make an endless loop costs at least 1.
//!
//! ```
//! use tablature::{Config, Engine, FuelClass, FuelCosts};
//!
//! let mut costs = FuelCosts::default();
//! costs.set_base(FuelClass::Div, 20);
//! let engine = Engine::new(Config::new().consume_fuel(true).fuel_costs(costs));
//! # let _ = engine;
//! ```
//!
//! # What is promised
//!
//! * **Exact.** A guest with F units stops before the first instruction that costs more than is left. That instruction
//!   has had no effect at all.
//! * **The same everywhere.** How much a run takes does not depend on the machine, the build, or which loop executes,
//!   nor on how often it was stopped and resumed.
//! * **Prices belong to a version.** They can change from one version of this crate to the next. Who needs a price list
//!   for ever sets every class.
//!
//! Counting costs time: the repository's `README.md` says how much. A limit on time instead of work is an
//! [interruption](super::limits#time), and a stopped call can go on: see [`resuming`](super::resuming).
//!
//! [`Caller::get_fuel`]: crate::Caller::get_fuel
//! [`Caller::set_fuel`]: crate::Caller::set_fuel
//! [`Config::consume_fuel`]: crate::Config::consume_fuel
//! [`Config::fuel_costs`]: crate::Config::fuel_costs
//! [`Error::is_out_of_fuel`]: crate::Error::is_out_of_fuel
//! [`FuelClass`]: crate::FuelClass
//! [`FuelCosts::unit`]: crate::FuelCosts::unit
