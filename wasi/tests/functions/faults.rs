//! Every function with pointers, lengths, counts and descriptors that nobody should use.

use crate::guest::*;
use tablature_wasi::{Errno, FUNCTIONS, GuestMemory, MemoryOutput, Snapshot, Type};

/// Values that break what is not checked.
fn hostile(memory: u64) -> Vec<u64> {
    let (u32_max, i32_max) = (u64::from(u32::MAX), i32::MAX as u64);
    let small = 0..8;
    let places = [OUT, 0x400, LIST, DATA, 0x1_0000];
    let edges = [memory, i32_max, u32_max, i64::MAX as u64, u64::MAX];
    let around = |edge: u64| [edge - 8, edge - 7, edge - 1, edge, edge.wrapping_add(1)];
    small.chain(places).chain(edges.into_iter().flat_map(around)).collect()
}

/// A small generator, so that the calls are the same each time.
struct Dice(u64);

impl Dice {
    fn pick(&mut self, values: &[u64]) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        values[(self.0 >> 33) as usize % values.len()]
    }
}

#[test]
fn no_arguments_bring_a_function_down() {
    let values = hostile(SIZE as u64);
    let mut dice = Dice(1);
    for snapshot in Snapshot::ALL {
        for function in snapshot.functions() {
            let directory = tempfile::tempdir().expect("a directory can be made");
            // With a virtual clock nothing here waits: no stream does, and there are no sockets.
            let mut guest = guest(|builder| builder.preopened_dir(directory.path(), "/").deterministic(1));
            guest.create("a", b"12345");
            let _ = guest.open("a", 0, READ_WRITE);
            guest.snapshot = snapshot;
            for _ in 0..2000 {
                let arguments: Vec<u64> = function
                    .params
                    .iter()
                    .map(|ty| match ty {
                        Type::I32 => dice.pick(&values) & 0xFFFF_FFFF,
                        Type::I64 => dice.pick(&values),
                    })
                    .collect();
                let _ = guest.try_call(function.name, &arguments);
            }
        }
    }
}

#[test]
fn the_high_half_of_an_i32_does_not_matter() {
    let stdout = MemoryOutput::new(100);
    let mut guest = guest(|builder| builder.stdout(&stdout));
    guest.put(DATA, b"hi");
    let high = 0xABCD_0000_0000_0000;
    let [list, count] = guest.list(2);
    guest.ok("fd_write", &[high | 1, high | list, high | count, high | OUT]);
    assert_eq!(stdout.contents(), b"hi");
}

/// The places of the arguments that point to results, and some way to call the function otherwise right.
#[test]
fn results_outside_of_the_memory_are_faults() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"12345");
    let fd = guest.open("a", 0, READ_WRITE).expect("it opens");
    let [path, len] = guest.path(0, "a");
    let [list, count] = guest.list(1);
    let size = guest.memory.len() as u64;
    for out in [size - 1, size, u64::from(u32::MAX)] {
        for (name, arguments) in [
            ("args_sizes_get", &[out, OUT][..]),
            ("args_sizes_get", &[OUT, out]),
            ("environ_sizes_get", &[out, OUT]),
            ("clock_res_get", &[0, out]),
            ("clock_time_get", &[0, 0, out]),
            ("fd_fdstat_get", &[fd, out]),
            ("fd_filestat_get", &[fd, out]),
            ("fd_pread", &[fd, list, count, 0, out]),
            ("fd_pread", &[fd, out, count, 0, OUT]),
            ("fd_prestat_get", &[ROOT, out]),
            ("fd_prestat_dir_name", &[ROOT, size, 10]),
            ("fd_pwrite", &[fd, list, count, 0, out]),
            ("fd_read", &[fd, list, count, out]),
            ("fd_readdir", &[ROOT, DATA, 100, 0, out]),
            ("fd_readdir", &[ROOT, out, 100, 0, OUT]),
            ("fd_seek", &[fd, 0, 0, out]),
            ("fd_tell", &[fd, out]),
            ("fd_write", &[fd, list, count, out]),
            ("fd_write", &[fd, out, count, OUT]),
            ("path_filestat_get", &[ROOT, 0, path, len, out]),
            ("path_filestat_get", &[ROOT, 0, out, 2, OUT]),
            ("path_open", &[ROOT, 0, path, len, 0, READ_WRITE, 0, 0, out]),
            ("path_open", &[ROOT, 0, out, 2, 0, READ_WRITE, 0, 0, OUT]),
            ("path_readlink", &[ROOT, path, len, out, 10, OUT]),
            ("path_create_directory", &[ROOT, out, 2]),
            ("path_remove_directory", &[ROOT, out, 2]),
            ("path_unlink_file", &[ROOT, out, 2]),
            ("path_rename", &[ROOT, out, 2, ROOT, path, len]),
            ("path_rename", &[ROOT, path, len, ROOT, out, 2]),
            ("path_link", &[ROOT, 0, out, 2, ROOT, path, len]),
            ("path_symlink", &[out, 2, ROOT, path, len]),
            ("path_filestat_set_times", &[ROOT, 0, out, 2, 0, 0, 0]),
            ("poll_oneoff", &[DATA, DATA, 1, out]),
            ("poll_oneoff", &[DATA, out, 1, OUT]),
            ("poll_oneoff", &[out, DATA, 1, OUT]),
            ("random_get", &[out, 2]),
        ] {
            assert_eq!(guest.call(name, arguments), Errno::Fault, "{name}{arguments:x?}");
        }
    }
    assert_eq!(guest.open("a", 0, READ_ONLY), Ok(fd + 1), "a fault opened nothing");
    guest.ok("fd_tell", &[fd, OUT]);
    assert_eq!(guest.u64(OUT), 0, "a fault read and wrote nothing");
}

#[test]
fn lists_of_buffers_are_checked() {
    let mut guest = poor_guest();
    let size = guest.memory.len() as u32;
    for (name, fd) in [("fd_write", 1), ("fd_read", 0)] {
        guest.put_words(LIST, &[0, 0]);
        assert_eq!(guest.call(name, &[fd, LIST, u64::from(u32::MAX), OUT]), Errno::Inval);
        assert_eq!(guest.call(name, &[fd, LIST, 1025, OUT]), Errno::Inval);
        guest.ok(name, &[fd, LIST, 1024, OUT]);
        guest.put_words(LIST, &[size, 0, size - 1, 1]);
        guest.ok(name, &[fd, LIST, 2, OUT]);
        for entry in [[size - 1, 2], [size, 1], [u32::MAX, 1], [1, u32::MAX], [u32::MAX, u32::MAX]] {
            guest.put_words(LIST, &entry);
            assert_eq!(guest.call(name, &[fd, LIST, 1, OUT]), Errno::Fault);
        }
    }
}

/// A memory of 4 GiB that is all zeros and holds nothing.
struct Huge;

impl GuestMemory for Huge {
    fn size(&self) -> u64 {
        1 << 32
    }

    fn read(&self, address: u32, into: &mut [u8]) -> Result<(), Errno> {
        // Each buffer of the list is the whole upper half.
        let words = [0x8000_0000_u32.to_le_bytes(), 0x7FFF_FFFF_u32.to_le_bytes()].concat();
        for (byte, place) in into.iter_mut().zip(u64::from(address)..) {
            *byte = if place < 0x8000_0000 { words[place as usize % 8] } else { 0 };
        }
        Ok(())
    }

    fn write(&mut self, _: u32, _: &[u8]) -> Result<(), Errno> {
        Ok(())
    }
}

#[test]
fn huge_requests_are_served_in_small_pieces() {
    let stdout = MemoryOutput::new(100_000);
    let mut guest = guest(|builder| builder.stdout(&stdout));
    let call = |guest: &mut Guest, name: &str, arguments: &[u64]| {
        let function = FUNCTIONS.iter().find(|function| function.name == name);
        let function = function.expect("there is such a function");
        function.call(&mut guest.ctx, Snapshot::Preview1, &mut Huge, arguments)
    };
    // Two gigabytes, of which the stream takes less.
    assert_eq!(call(&mut guest, "fd_write", &[1, 0, 1, 0]), Ok(Errno::Success));
    assert_eq!(stdout.contents().len(), 100_000);
    // More than the result can say.
    assert_eq!(call(&mut guest, "fd_write", &[1, 0, 3, 0]), Ok(Errno::Inval));
}
