//! Register code of a module's functions, made when it is first wanted and shared by all instances.

use crate::binary::parts::Body;
use crate::fuel::FuelClass;
use crate::translate::{self, Map, Settings, Source, Translator};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};
use once_cell::race::OnceBox;

/// The register code of a function, and beside it what calls need to know.
#[derive(Debug)]
pub(crate) struct RegisterCode {
    /// The function's number among those that the module defines.
    #[cfg_attr(not(all(feature = "optimize", tail_calls)), allow(dead_code, reason = "for handlers without checks"))]
    own: u32,
    /// Empty where a function has none: it is too large for the encoding, and runs in place.
    bytes: Box<[u8]>,
    body: Body,
    /// What a call of it costs behind the instruction that calls, in units of fuel: its locals, and its first run.
    #[cfg_attr(not(all(feature = "optimize", tail_calls)), allow(dead_code, reason = "for handlers without checks"))]
    price: i64,
    /// How many bytes of the stack its frame takes, behind the slot that its window begins with; not less, if it is huge.
    #[cfg(all(feature = "optimize", tail_calls))]
    frame_size: u32,
    /// Where sealed code may be gone on with.
    #[cfg(all(feature = "optimize", tail_calls))]
    entries: super::entries::Entries,
    map: OnceBox<Map>,
}

/// The register code of the functions that a module defines.
#[derive(Debug)]
pub(crate) struct Functions {
    settings: Settings,
    /// After how many calls a function is translated.
    warm_up: usize,
    list: Box<[Function]>,
}

/// What there is of one function.
#[derive(Debug, Default)]
pub(crate) struct Function {
    code: OnceBox<RegisterCode>,
    /// How often it was called in place.
    calls: AtomicUsize,
}

/// What makes the code of one function after the other, with the same lists.
struct Workshop<'t> {
    module: Source<'t>,
    translator: Translator<'t>,
    #[cfg(all(feature = "optimize", tail_calls))]
    verified: super::verify::Verified,
}

#[cfg(all(feature = "optimize", tail_calls))]
impl RegisterCode {
    /// The function's number among those that the module defines.
    #[inline(always)]
    pub(super) fn own(&self) -> u32 {
        self.own
    }

    /// Its code; empty where it runs in place.
    #[inline(always)]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What a call of it costs behind the instruction that calls, in units of fuel: far from what 64 bits can hold.
    #[inline(always)]
    pub(super) fn price(&self) -> i64 {
        self.price
    }

    /// How many bytes of the stack its frame takes, behind the slot that its window begins with.
    #[inline(always)]
    pub(super) fn frame_size(&self) -> u32 {
        self.frame_size
    }

    /// What calls need to know.
    #[inline(always)]
    pub(super) fn body(&self) -> &Body {
        &self.body
    }
}

impl Function {
    /// Its code and all that belongs to it, if it is translated.
    #[cfg(all(feature = "optimize", tail_calls))]
    #[inline(always)]
    pub(super) fn register_code(&self) -> Option<&RegisterCode> {
        self.code.get()
    }

    /// Its code, if it is translated and has some, and its body.
    #[inline(always)]
    pub(in super::super) fn code(&self) -> Option<(&[u8], &Body)> {
        let code = self.code.get()?;
        (!code.bytes.is_empty()).then_some((&*code.bytes, &code.body))
    }

    /// Where its code may be gone on with, if it is sealed.
    #[cfg(all(feature = "optimize", tail_calls))]
    #[inline(always)]
    pub(super) fn entries(&self) -> Option<&super::entries::Entries> {
        Some(&self.code.get()?.entries)
    }
}

impl Functions {
    /// For `count` functions, none of which is translated yet.
    pub(crate) fn new(settings: Settings, warm_up: u32, count: usize) -> Self {
        Self { settings, warm_up: warm_up as usize, list: (0..count).map(|_| Function::default()).collect() }
    }

    /// Whether there are handlers without checks, and they hold what they promise. They do not if the probe counts as
    /// failed.
    pub(crate) fn can_be_unchecked(probe_fails: bool) -> bool {
        cfg!(feature = "optimize") && super::super::handlers_jump(probe_fails) == Some(true)
    }

    /// Whether handlers without checks run the code, for which it is sealed.
    #[cfg(all(feature = "optimize", tail_calls))]
    #[inline(always)]
    pub(super) fn is_unchecked(&self) -> bool {
        self.settings.unchecked
    }

    /// Whether a function that is called now had better run in register code. Counts the call.
    #[inline(always)]
    pub(in super::super) fn is_wanted(&self, own: u32) -> bool {
        let Some(function) = self.list.get(own as usize) else { return false };
        match function.code.get() {
            Some(code) => !code.bytes.is_empty(),
            // The count is a hint: it does not matter that threads overwrite each other's.
            None => {
                let calls = function.calls.load(Ordering::Relaxed);
                function.calls.store(calls.wrapping_add(1), Ordering::Relaxed);
                calls >= self.warm_up
            }
        }
    }

    /// The code of function `own`, if it is translated.
    #[inline(always)]
    pub(in super::super) fn code(&self, own: u32) -> Option<&[u8]> {
        self.list.get(own as usize)?.code().map(|(code, _)| code)
    }

    /// What there is of each function.
    pub(in super::super) fn list(&self) -> &[Function] {
        &self.list
    }

    /// The code of function `own`, translated now if it is not yet; nothing if it runs in place.
    pub(crate) fn translated(&self, own: u32, module: Source<'_>) -> Option<&[u8]> {
        let function = self.list.get(own as usize)?;
        let code = function.code.get_or_init(|| Box::new(self.make(own, &mut self.workshop(module))));
        (!code.bytes.is_empty()).then_some(&*code.bytes)
    }

    /// Translates all functions that are not yet.
    pub(crate) fn translate_all(&self, module: Source<'_>) {
        let mut workshop = self.workshop(module);
        for (own, function) in (0..).zip(&self.list) {
            function.code.get_or_init(|| Box::new(self.make(own, &mut workshop)));
        }
    }

    fn workshop<'t>(&'t self, module: Source<'t>) -> Workshop<'t> {
        Workshop {
            module,
            translator: Translator::new(module, &self.settings),
            #[cfg(all(feature = "optimize", tail_calls))]
            verified: super::verify::Verified::default(),
        }
    }

    fn make(&self, own: u32, workshop: &mut Workshop<'_>) -> RegisterCode {
        let body = workshop.module.parts.own_body(own).copied().unwrap_or_default();
        let code = workshop.translator.translate(own).unwrap_or_default();
        self.finished(
            own,
            code,
            body,
            #[cfg(all(feature = "optimize", tail_calls))]
            &mut workshop.verified,
        )
    }

    /// The register code of function `own`, of what translation made, which may be overwritten.
    fn finished(
        &self,
        own: u32,
        code: &mut [u8],
        body: Body,
        #[cfg(all(feature = "optimize", tail_calls))] verified: &mut super::verify::Verified,
    ) -> RegisterCode {
        let first_run = code.first_chunk().map_or(0, |price| u32::from_le_bytes(*price));
        let locals = self.settings.costs.of_amount(FuelClass::Call, u64::from(body.locals));
        let price = locals.wrapping_add(u64::from(first_run)) as i64;
        #[cfg(all(feature = "optimize", tail_calls))]
        let (bytes, entries) = if self.is_unchecked() && !code.is_empty() {
            self.sealed(code, &body, verified)
        } else {
            ((&*code).into(), super::entries::Entries::default())
        };
        #[cfg(not(all(feature = "optimize", tail_calls)))]
        let bytes = (&*code).into();
        RegisterCode {
            own,
            bytes,
            body,
            price,
            #[cfg(all(feature = "optimize", tail_calls))]
            frame_size: body.frame.saturating_mul(size_of::<u64>() as u32),
            #[cfg(all(feature = "optimize", tail_calls))]
            entries,
            map: OnceBox::new(),
        }
    }

    /// Gives function `own` this code, unless it has some; it has no parameters, locals and results.
    #[cfg(tail_calls)]
    pub(super) fn set_code(&self, own: u32, mut code: Vec<u8>) {
        let finished = || {
            Box::new(self.finished(
                own,
                &mut code,
                Body::default(),
                #[cfg(all(feature = "optimize", tail_calls))]
                &mut super::verify::Verified::default(),
            ))
        };
        if let Some(function) = self.list.get(own as usize) {
            function.code.get_or_init(finished);
        }
    }

    /// The code as it is run. Where it is not what the translator should make, no code: the function runs in place.
    #[cfg(all(feature = "optimize", tail_calls))]
    fn sealed(
        &self,
        code: &mut [u8],
        body: &Body,
        verified: &mut super::verify::Verified,
    ) -> (Box<[u8]>, super::entries::Entries) {
        let sealed = super::unchecked::seal(code, body.frame, &self.settings, verified);
        debug_assert!(sealed.is_ok(), "translation made code that is not sound");
        sealed.unwrap_or_default()
    }

    /// The map of function `own`, which is translated.
    pub(crate) fn map(&self, own: u32, module: Source<'_>) -> Option<&Map> {
        let code = self.list.get(own as usize)?.code.get()?;
        code.map.get_or_try_init(|| translate::map(module, &self.settings, own).map(Box::new)).ok()
    }

    /// The names of all handlers that code may have.
    pub(crate) fn handlers(&self) -> Vec<String> {
        super::names::all(&self.settings)
    }

    /// The names of the handlers that the code of function `own` has; nothing if it runs in place.
    pub(crate) fn handlers_of(&self, own: u32, module: Source<'_>) -> Option<Vec<String>> {
        let mut translator = Translator::new(module, &self.settings);
        let code = translator.translate(own).ok()?;
        super::names::of(code, module.parts.own_body(own)?.frame, &self.settings).ok()
    }

    /// A sequence of instructions is executed.
    #[cfg(feature = "profile")]
    pub(super) fn count(&self, place: usize) {
        self.settings.profile.count(place);
    }

    /// Bytes of register code, and of maps, that have been made.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        let made = self.list.iter().filter_map(|function| function.code.get());
        made.fold((0, 0), |(code, map), function| {
            let bytes = function.bytes.len();
            let sites = function.map.get().map_or(0, Map::size);
            (code.saturating_add(bytes), map.saturating_add(sites))
        })
    }
}
