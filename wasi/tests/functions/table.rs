//! The table itself.

use std::collections::BTreeSet;
use tablature_wasi::{FUNCTIONS, Function, Snapshot, Type, WasiCtx, WasiCtxBuilder};

#[test]
fn names_are_distinct_and_documented() {
    let names: BTreeSet<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
    assert_eq!(names.len(), 46);
    assert!(FUNCTIONS.iter().all(|function| function.doc.ends_with('.')));
}

#[test]
fn only_exit_returns_nothing() {
    for function in &FUNCTIONS {
        match function.name {
            "proc_exit" => assert!(function.results.is_empty()),
            _ => assert_eq!(function.results, [Type::I32]),
        }
    }
}

/// The types of the functions as C libraries import them, written down a second time: i for i32, I for i64.
const TYPES: &str = "args_get ii, args_sizes_get ii, environ_get ii, environ_sizes_get ii, \
    clock_res_get ii, clock_time_get iIi, fd_advise iIIi, fd_allocate iII, fd_close i, \
    fd_datasync i, fd_fdstat_get ii, fd_fdstat_set_flags ii, fd_fdstat_set_rights iII, \
    fd_filestat_get ii, fd_filestat_set_size iI, fd_filestat_set_times iIIi, fd_pread iiiIi, \
    fd_prestat_get ii, fd_prestat_dir_name iii, fd_pwrite iiiIi, fd_read iiii, fd_readdir iiiIi, \
    fd_renumber ii, fd_seek iIii, fd_sync i, fd_tell ii, fd_write iiii, \
    path_create_directory iii, path_filestat_get iiiii, path_filestat_set_times iiiiIIi, \
    path_link iiiiiii, path_open iiiiiIIii, path_readlink iiiiii, path_remove_directory iii, \
    path_rename iiiiii, path_symlink iiiii, path_unlink_file iii, poll_oneoff iiii, proc_exit i, \
    proc_raise i, sched_yield , random_get ii, sock_accept iii, sock_recv iiiiii, \
    sock_send iiiii, sock_shutdown ii";

#[test]
fn types_are_those_of_the_specification() {
    let letters = |function: &Function| -> String {
        let letter = |ty: &Type| match ty {
            Type::I32 => 'i',
            Type::I64 => 'I',
        };
        function.params.iter().map(letter).collect()
    };
    let rows: Vec<String> =
        FUNCTIONS.iter().map(|function| format!("{} {}", function.name, letters(function))).collect();
    assert_eq!(rows.join(", "), TYPES);
}

#[test]
fn editions_have_names_and_functions() {
    for snapshot in Snapshot::ALL {
        assert_eq!(Snapshot::from_module(snapshot.module()), Some(snapshot));
    }
    assert_eq!(Snapshot::from_module("env"), None);
    assert_eq!(Snapshot::Preview1.functions().count(), 46);
    assert_eq!(Snapshot::Unstable.functions().count(), 45);
    assert!(Snapshot::Unstable.functions().all(|function| function.name != "sock_accept"));
}

#[test]
fn contexts_can_change_threads() {
    fn is_send<T: Send>() {}
    is_send::<WasiCtx>();
    is_send::<WasiCtxBuilder>();
}
