//! Engine, module, store, linker; host functions; memory; handles and what they refer to.
//!
//! # Four steps
//!
//! ```
//! use tablature::{Engine, Linker, Module, Store};
//!
//! // 1. The engine holds settings. One for the whole process is usual.
//! let engine = Engine::default();
//! // 2. A module is checked code. It is immutable, cheap to clone, and can go to other threads.
//! let bytes = wat::parse_str(r#"(module
//!     (import "host" "offset" (func $offset (result i32)))
//!     (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (call $offset))))"#)?;
//! let module = Module::new(&engine, bytes)?;
//! // 3. A linker says what the names of imports stand for. It, too, can serve many stores.
//! let mut linker = Linker::new(&engine);
//! linker.func_wrap("host", "offset", || 40)?;
//! // 4. A store holds instances and whatever belongs to them, and the embedder's own data.
//! let mut store = Store::new(&engine, ());
//! let instance = linker.instantiate(&mut store, &module)?;
//!
//! let add = instance.get_typed_func::<i32, i32>(&store, "add")?;
//! assert_eq!(add.call(&mut store, 2)?, 42);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Module::new`] checks the whole module and makes a side table of its branches; there is nothing else to compile,
//! and no cache to keep. It refuses what the engine's [`Config`] switches off or bounds. [`Module::validate`] only
//! checks.
//!
//! Without names, [`Instance::new`] takes the imports in the module's order.
//!
//! # Calling guests
//!
//! [`Instance::get_typed_func`] checks the type once and gives a [`TypedFunc`], which takes and gives Rust values:
//! `i32` or `u32`, `i64` or `u64`, `f32`, `f64`, `Option<Func>`, `Option<ExternRef>`; one of them, a tuple, or `()`.
//! Where the type is not known beforehand, [`Func::call`] takes slices of [`Val`], and [`Instance::invoke`] is short
//! for scripts and tests:
//!
//! ```
//! # use tablature::{Engine, Instance, Module, Store};
//! use tablature::Val;
//!
//! # let engine = Engine::default();
//! # let bytes = wat::parse_str(r#"(module (func (export "swap") (param i32 f64) (result f64 i32)
//! #     (local.get 1) (local.get 0)))"#)?;
//! # let mut store = Store::new(&engine, ());
//! # let instance = Instance::new(&mut store, &Module::new(&engine, bytes)?, &[])?;
//! // (func (export "swap") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
//! let swap = instance.get_typed_func::<(i32, f64), (f64, i32)>(&store, "swap")?;
//! assert_eq!(swap.call(&mut store, (7, 0.5))?, (0.5, 7));
//!
//! let results = instance.invoke(&mut store, "swap", &[Val::I32(7), Val::from(0.5)])?;
//! assert_eq!(results, [Val::from(0.5), Val::I32(7)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Host functions
//!
//! A closure's parameters, of the same types, say the function's type. With a first parameter of type [`Caller`] it
//! gets at the store: the embedder's data, the exports of the instance that called, the fuel. A result of type
//! `Result<_, Error>` can end the guest's call; [`Error::new`] takes any error, and [`Error::downcast_ref`] finds it
//! again on the other side.
//!
//! ```
//! use tablature::{Caller, Engine, Error, Linker, Module, Result, Store};
//!
//! /// What the embedder keeps for a guest.
//! struct Account {
//!     balance: i64,
//! }
//!
//! fn withdraw(mut caller: Caller<'_, Account>, amount: i64) -> Result<i64> {
//!     let account = caller.data_mut();
//!     account.balance = account.balance.checked_sub(amount).ok_or_else(|| Error::msg("out of range"))?;
//!     Ok(account.balance)
//! }
//!
//! let engine = Engine::default();
//! let mut linker = Linker::new(&engine);
//! linker.func_wrap("bank", "withdraw", withdraw)?;
//!
//! let module = Module::new(&engine, wat::parse_str(r#"(module
//!     (import "bank" "withdraw" (func $withdraw (param i64) (result i64)))
//!     (func (export "buy") (result i64) (call $withdraw (i64.const 30))))"#)?)?;
//! let mut store = Store::new(&engine, Account { balance: 100 });
//! let instance = linker.instantiate(&mut store, &module)?;
//! let buy = instance.get_typed_func::<(), i64>(&store, "buy")?;
//! assert_eq!(buy.call(&mut store, ())?, 70);
//! assert_eq!(store.data().balance, 70);
//!
//! store.data_mut().balance = i64::MIN;
//! assert_eq!(buy.call(&mut store, ()).unwrap_err().to_string(), "out of range");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Linker::func_new`] and [`Func::new`] make functions of a type that is known only at run time.
//!
//! A host function may call guests, also the one that called it. Calls among guests take nothing of the host's stack,
//! but these do, so there may be 64 of them inside each other ([`Config::max_host_depth`]).
//!
//! # Memory
//!
//! A [`Memory`] is an array of bytes, in pages of 64 KiB as a rule. Addresses that a guest gives are not to be trusted;
//! [`Memory::read`] and [`Memory::write`] check them. [`Memory::data`] and [`Memory::data_mut`] lend the bytes
//! themselves, and [`Memory::data_and_store_mut`] lends them together with the embedder's data:
//!
//! ```
//! use tablature::{AsContextMut, Caller, Engine, Error, Extern, Linker, Module, Result, Store};
//!
//! fn log(mut caller: Caller<'_, Vec<String>>, address: u32, length: u32) -> Result<()> {
//!     let memory = caller.get_export("memory").and_then(Extern::into_memory);
//!     let memory = memory.ok_or_else(|| Error::msg("the guest exports no memory"))?;
//!     let (bytes, lines) = memory.data_and_store_mut(caller.as_context_mut());
//!     let text = bytes.get(address as usize..).and_then(|rest| rest.get(..length as usize));
//!     let text = text.ok_or_else(|| Error::msg("a string lies outside of the memory"))?;
//!     lines.push(String::from_utf8_lossy(text).into_owned());
//!     Ok(())
//! }
//!
//! let engine = Engine::default();
//! let mut linker = Linker::new(&engine);
//! linker.func_wrap("host", "log", log)?;
//! let module = Module::new(&engine, wat::parse_str(r#"(module
//!     (import "host" "log" (func $log (param i32 i32)))
//!     (memory (export "memory") 1)
//!     (data (i32.const 16) "hello")
//!     (func (export "run") (call $log (i32.const 16) (i32.const 5))))"#)?)?;
//! let mut store = Store::new(&engine, Vec::new());
//! let instance = linker.instantiate(&mut store, &module)?;
//! instance.invoke(&mut store, "run", &[])?;
//! assert_eq!(store.data(), &["hello"]);
//!
//! let memory = instance.get_memory(&store, "memory").ok_or("no memory")?;
//! memory.write(&mut store, 16, b"H")?;
//! assert_eq!(&memory.data(&store)[16..21], b"Hello");
//! assert!(memory.write(&mut store, 65_535, b"ab").is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Stores and handles
//!
//! [`Instance`], [`Func`], [`Memory`], [`Table`], [`Global`] and [`ExternRef`] are handles: small numbers that can be
//! copied and kept anywhere. What they refer to lives in the store, and everything that reads or changes it takes the
//! store: as `&store` or `&mut store`, or inside of a host function as `&caller` or `&mut caller`. So nothing is shared
//! behind the embedder's back, and the borrow checker sees who changes what.
//!
//! A handle that is used with another store than its own is an error, or a panic where the documentation says so; it is
//! never another store's object.
//!
//! A store frees what it holds when it is dropped, and nothing before. An embedder that runs for a long time makes a
//! store for each guest, or for each request. [`Linker::instantiate_pre`] looks the imports up once for all of them:
//!
//! ```
//! # use tablature::{Caller, Engine, Linker, Module, Store};
//! # let engine = Engine::default();
//! let mut linker = Linker::new(&engine);
//! linker.func_wrap("host", "number", |caller: Caller<'_, i32>| *caller.data())?;
//! let module = Module::new(&engine, wat::parse_str(r#"(module
//!     (import "host" "number" (func $number (result i32)))
//!     (func (export "twice") (result i32) (i32.add (call $number) (call $number))))"#)?)?;
//! let ready = linker.instantiate_pre(&module)?;
//! for request in 0..3 {
//!     let mut store = Store::new(&engine, request);
//!     let twice = ready.instantiate(&mut store)?.get_typed_func::<(), i32>(&store, "twice")?;
//!     assert_eq!(twice.call(&mut store, ())?, request * 2);
//! }
//! # fn can_be_sent<T: Send>(_: T) {}
//! # can_be_sent((engine.clone(), module, ready, linker, Store::new(&engine, 0)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Engines, modules, linkers and stores can be sent to other threads; a store is used by one at a time.
//!
//! # Modules that import from each other
//!
//! [`Linker::instance`] defines the exports of an instance under a module's name, and [`Linker::module`] instantiates a
//! module and does the same. A memory that two instances are to share is made with [`Memory::new`] and defined with
//! [`Linker::define`]: see the example `shared_memory`.
//!
//! # Errors
//!
//! There is one [`Error`]. [`Error::trap`] says whether a guest trapped and how, [`Error::is_out_of_fuel`] and
//! [`Error::is_interrupted`] whether it was stopped, [`Error::module_error`] what is wrong with a module and where,
//! [`Error::backtrace`] where the guest stood. `{}` writes the cause, `{:?}` the cause and the backtrace. After an
//! error the store and its instances can be used on.
//!
//! [`AsContextMut`]: crate::AsContextMut
//! [`Caller`]: crate::Caller
//! [`Config`]: crate::Config
//! [`Config::max_host_depth`]: crate::Config::max_host_depth
//! [`Error`]: crate::Error
//! [`Error::backtrace`]: crate::Error::backtrace
//! [`Error::downcast_ref`]: crate::Error::downcast_ref
//! [`Error::is_interrupted`]: crate::Error::is_interrupted
//! [`Error::is_out_of_fuel`]: crate::Error::is_out_of_fuel
//! [`Error::module_error`]: crate::Error::module_error
//! [`Error::new`]: crate::Error::new
//! [`Error::trap`]: crate::Error::trap
//! [`ExternRef`]: crate::ExternRef
//! [`Func`]: crate::Func
//! [`Func::call`]: crate::Func::call
//! [`Func::new`]: crate::Func::new
//! [`Global`]: crate::Global
//! [`Instance`]: crate::Instance
//! [`Instance::get_typed_func`]: crate::Instance::get_typed_func
//! [`Instance::invoke`]: crate::Instance::invoke
//! [`Instance::new`]: crate::Instance::new
//! [`Linker::define`]: crate::Linker::define
//! [`Linker::func_new`]: crate::Linker::func_new
//! [`Linker::instance`]: crate::Linker::instance
//! [`Linker::instantiate_pre`]: crate::Linker::instantiate_pre
//! [`Linker::module`]: crate::Linker::module
//! [`Memory`]: crate::Memory
//! [`Memory::data`]: crate::Memory::data
//! [`Memory::data_and_store_mut`]: crate::Memory::data_and_store_mut
//! [`Memory::data_mut`]: crate::Memory::data_mut
//! [`Memory::new`]: crate::Memory::new
//! [`Memory::read`]: crate::Memory::read
//! [`Memory::write`]: crate::Memory::write
//! [`Module::new`]: crate::Module::new
//! [`Module::validate`]: crate::Module::validate
//! [`Table`]: crate::Table
//! [`TypedFunc`]: crate::TypedFunc
//! [`Val`]: crate::Val
