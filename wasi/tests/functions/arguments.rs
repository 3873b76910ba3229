//! Arguments and environment.

use crate::guest::{DATA, OUT, guest, poor_guest};
use tablature_wasi::{Errno, WasiCtx};

#[test]
fn arguments_are_nul_terminated_strings() {
    let mut guest = guest(|builder| builder.args(["prog", "", "é"]));
    guest.ok("args_sizes_get", &[OUT, OUT + 4]);
    assert_eq!((guest.u32(OUT), guest.u32(OUT + 4)), (3, 9));
    guest.ok("args_get", &[OUT, DATA]);
    assert_eq!(guest.bytes(DATA, 9), "prog\0\0é\0".as_bytes());
    let starts = [0, 4, 8].map(|offset| u64::from(guest.u32(OUT + offset)));
    assert_eq!(starts, [DATA, DATA + 5, DATA + 6]);
}

#[test]
fn environment_is_name_and_value() {
    let mut guest = guest(|builder| builder.env("A", "1").envs([("B", "x=y"), ("C", "")]));
    guest.ok("environ_sizes_get", &[OUT, OUT + 4]);
    assert_eq!((guest.u32(OUT), guest.u32(OUT + 4)), (3, 13));
    guest.ok("environ_get", &[OUT, DATA]);
    assert_eq!(guest.bytes(DATA, 13), b"A=1\0B=x=y\0C=\0");
    assert_eq!(u64::from(guest.u32(OUT + 4)), DATA + 4);
}

#[test]
fn nothing_is_inherited_unasked() {
    let mut guest = poor_guest();
    for name in ["args_sizes_get", "environ_sizes_get"] {
        guest.put_words(OUT, &[7, 7]);
        guest.ok(name, &[OUT, OUT + 4]);
        assert_eq!((guest.u32(OUT), guest.u32(OUT + 4)), (0, 0));
    }
}

#[test]
fn environment_of_the_host() {
    let mut guest = guest(|builder| builder.inherit_env());
    guest.ok("environ_sizes_get", &[OUT, OUT + 4]);
    assert_eq!(guest.u32(OUT) as usize, std::env::vars_os().count());
}

#[test]
fn nul_bytes_are_refused() {
    let error = WasiCtx::builder().arg("a\0b").build();
    assert_eq!(error.map(drop).map_err(|e| e.kind()), Err(std::io::ErrorKind::InvalidInput));
    assert!(WasiCtx::builder().env("A", "\0").build().is_err());
}

#[test]
fn strings_must_fit_the_memory() {
    let mut guest = guest(|builder| builder.arg("prog"));
    let end = guest.memory.len() as u64;
    assert_eq!(guest.call("args_get", &[end - 2, DATA]), Errno::Fault);
    assert_eq!(guest.call("args_get", &[OUT, end - 4]), Errno::Fault);
    assert_eq!(guest.call("args_get", &[u64::from(u32::MAX), DATA]), Errno::Fault);
}
