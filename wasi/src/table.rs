//! The rows of the table: what each function is called, its type, and where its work is done.

use crate::functions::Function;
use crate::functions::Type::{I32, I64};
use crate::functions::{answer, row};
use crate::{args, clock, directory, fd, file, filestat, io, links, open, paths, poll, process};
use crate::{random, socket};

/// Every function of WASI preview 1.
pub static FUNCTIONS: [Function; 46] = [
    row("args_get", &[I32, I32], "Writes the arguments: pointers to an array, strings to a buffer.", |c| {
        answer(args::args_get(c.ctx, c.guest, c.pointer(0), c.pointer(1)))
    }),
    row(
        "args_sizes_get",
        &[I32, I32],
        "Writes the number of arguments and the size of the buffer that they need.",
        |c| answer(args::args_sizes_get(c.ctx, c.guest, c.pointer(0), c.pointer(1))),
    ),
    row(
        "environ_get",
        &[I32, I32],
        "Writes the environment: pointers to an array, `NAME=value` strings to a buffer.",
        |c| answer(args::environ_get(c.ctx, c.guest, c.pointer(0), c.pointer(1))),
    ),
    row(
        "environ_sizes_get",
        &[I32, I32],
        "Writes the number of environment variables and the size of the buffer that they need.",
        |c| answer(args::environ_sizes_get(c.ctx, c.guest, c.pointer(0), c.pointer(1))),
    ),
    row("clock_res_get", &[I32, I32], "Writes the resolution of a clock in nanoseconds.", |c| {
        answer(clock::clock_res_get(c.ctx, c.guest, c.u32(0), c.pointer(1)))
    }),
    row("clock_time_get", &[I32, I64, I32], "Writes the time of a clock in nanoseconds.", |c| {
        answer(clock::clock_time_get(c.ctx, c.guest, c.u32(0), c.u64(1), c.pointer(2)))
    }),
    row("fd_advise", &[I32, I64, I64, I32], "Takes note of how a part of a file will be used.", |c| {
        answer(file::fd_advise(c.ctx, c.fd(0), c.u64(1), c.u64(2), c.u32(3)))
    }),
    row("fd_allocate", &[I32, I64, I64], "Makes a file long enough for a part of it.", |c| {
        answer(file::fd_allocate(c.ctx, c.fd(0), c.u64(1), c.u64(2)))
    }),
    row("fd_close", &[I32], "Closes a descriptor.", |c| answer(fd::fd_close(c.ctx, c.fd(0)))),
    row("fd_datasync", &[I32], "Waits until the contents of a file are on the disk.", |c| {
        answer(file::fd_datasync(c.ctx, c.fd(0)))
    }),
    row("fd_fdstat_get", &[I32, I32], "Writes the kind, flags and rights of a descriptor.", |c| {
        answer(fd::fd_fdstat_get(c.ctx, c.guest, c.fd(0), c.pointer(1)))
    }),
    row("fd_fdstat_set_flags", &[I32, I32], "Sets the flags of a descriptor.", |c| {
        answer(fd::fd_fdstat_set_flags(c.ctx, c.fd(0), c.u32(1)))
    }),
    row("fd_fdstat_set_rights", &[I32, I64, I64], "Gives up rights of a descriptor.", |c| {
        answer(fd::fd_fdstat_set_rights(c.ctx, c.fd(0), c.u64(1), c.u64(2)))
    }),
    row("fd_filestat_get", &[I32, I32], "Writes the kind, size, identity and times of an open file.", |c| {
        answer(filestat::fd_filestat_get(c.ctx, c.guest, c.fd(0), c.pointer(1)))
    }),
    row("fd_filestat_set_size", &[I32, I64], "Cuts or lengthens a file to a size.", |c| {
        answer(file::fd_filestat_set_size(c.ctx, c.fd(0), c.u64(1)))
    }),
    row("fd_filestat_set_times", &[I32, I64, I64, I32], "Sets the times of an open file.", |c| {
        answer(filestat::fd_filestat_set_times(c.ctx, c.fd(0), c.times(1)))
    }),
    row("fd_pread", &[I32, I32, I32, I64, I32], "Reads from a place in a file without moving its position.", |c| {
        answer(io::fd_pread(c.ctx, c.guest, c.fd(0), c.list(1), c.u64(3), c.pointer(4)))
    }),
    row("fd_prestat_get", &[I32, I32], "Writes the length of the name of a preopened directory.", |c| {
        answer(fd::fd_prestat_get(c.ctx, c.guest, c.fd(0), c.pointer(1)))
    }),
    row("fd_prestat_dir_name", &[I32, I32, I32], "Writes the name of a preopened directory.", |c| {
        answer(fd::fd_prestat_dir_name(c.ctx, c.guest, c.fd(0), c.pointer(1), c.u32(2)))
    }),
    row("fd_pwrite", &[I32, I32, I32, I64, I32], "Writes to a place in a file without moving its position.", |c| {
        answer(io::fd_pwrite(c.ctx, c.guest, c.fd(0), c.list(1), c.u64(3), c.pointer(4)))
    }),
    row("fd_read", &[I32, I32, I32, I32], "Reads into a list of buffers.", |c| {
        answer(io::fd_read(c.ctx, c.guest, c.fd(0), c.list(1), c.pointer(3)))
    }),
    row("fd_readdir", &[I32, I32, I32, I64, I32], "Writes entries of a directory to a buffer.", |c| {
        answer(directory::fd_readdir(c.ctx, c.guest, c.fd(0), c.list(1), c.u64(3), c.pointer(4)))
    }),
    row("fd_renumber", &[I32, I32], "Gives a descriptor the number of another one, which is closed.", |c| {
        answer(fd::fd_renumber(c.ctx, c.fd(0), c.fd(1)))
    }),
    row("fd_seek", &[I32, I64, I32, I32], "Moves the position of a file.", |c| {
        answer(io::fd_seek(c.ctx, c.guest, c.fd(0), c.i64(1), c.u32(2), c.pointer(3)))
    }),
    row("fd_sync", &[I32], "Waits until a file is on the disk.", |c| answer(file::fd_sync(c.ctx, c.fd(0)))),
    row("fd_tell", &[I32, I32], "Writes the position of a file.", |c| {
        answer(io::fd_tell(c.ctx, c.guest, c.fd(0), c.pointer(1)))
    }),
    row("fd_write", &[I32, I32, I32, I32], "Writes from a list of buffers.", |c| {
        answer(io::fd_write(c.ctx, c.guest, c.fd(0), c.list(1), c.pointer(3)))
    }),
    row("path_create_directory", &[I32, I32, I32], "Makes a directory.", |c| {
        answer(paths::path_create_directory(c.ctx, c.guest, c.path(0, 1)))
    }),
    row("path_filestat_get", &[I32, I32, I32, I32, I32], "Writes the kind, size, identity and times of a path.", |c| {
        answer(filestat::path_filestat_get(c.ctx, c.guest, c.path(0, 2), c.u32(1), c.pointer(4)))
    }),
    row("path_filestat_set_times", &[I32, I32, I32, I32, I64, I64, I32], "Sets the times of a path.", |c| {
        answer(filestat::path_filestat_set_times(c.ctx, c.guest, c.path(0, 2), c.u32(1), c.times(4)))
    }),
    row("path_link", &[I32, I32, I32, I32, I32, I32, I32], "Gives a file a further name.", |c| {
        answer(links::path_link(c.ctx, c.guest, c.path(0, 2), c.u32(1), c.path(4, 5)))
    }),
    row("path_open", &[I32, I32, I32, I32, I32, I64, I64, I32, I32], "Opens a file or directory.", |c| {
        answer(open::path_open(c.ctx, c.guest, c.path(0, 2), c.request(), c.pointer(8)))
    }),
    row("path_readlink", &[I32, I32, I32, I32, I32, I32], "Writes where a symbolic link leads.", |c| {
        answer(links::path_readlink(c.ctx, c.guest, c.path(0, 1), c.list(3), c.pointer(5)))
    }),
    row("path_remove_directory", &[I32, I32, I32], "Removes an empty directory.", |c| {
        answer(paths::path_remove_directory(c.ctx, c.guest, c.path(0, 1)))
    }),
    row("path_rename", &[I32, I32, I32, I32, I32, I32], "Gives a file or directory another name.", |c| {
        answer(paths::path_rename(c.ctx, c.guest, c.path(0, 1), c.path(3, 4)))
    }),
    row("path_symlink", &[I32, I32, I32, I32, I32], "Makes a symbolic link.", |c| {
        answer(links::path_symlink(c.ctx, c.guest, c.list(0), c.path(2, 3)))
    }),
    row("path_unlink_file", &[I32, I32, I32], "Removes a name that is not a directory's.", |c| {
        answer(paths::path_unlink_file(c.ctx, c.guest, c.path(0, 1)))
    }),
    row("poll_oneoff", &[I32, I32, I32, I32], "Waits for the first of several things.", |c| {
        answer(poll::poll_oneoff(c.ctx, c.guest, c.pointer(0), c.pointer(1), c.u32(2), c.pointer(3)))
    }),
    Function {
        results: &[],
        ..row("proc_exit", &[I32], "Ends the program with a code.", |c| Err(process::proc_exit(c.u32(0))))
    },
    row("proc_raise", &[I32], "Sends the program a signal.", |c| answer(process::proc_raise(c.u32(0)))),
    row("sched_yield", &[], "Lets others run.", |_| answer(process::sched_yield())),
    row("random_get", &[I32, I32], "Fills a buffer with random bytes.", |c| {
        answer(random::random_get(c.ctx, c.guest, c.pointer(0), c.u32(1)))
    }),
    row("sock_accept", &[I32, I32, I32], "Accepts a connection.", |c| {
        answer(socket::sock_accept(c.ctx, c.guest, c.fd(0), c.u32(1), c.pointer(2)))
    }),
    row("sock_recv", &[I32, I32, I32, I32, I32, I32], "Receives into a list of buffers.", |c| {
        answer(socket::sock_recv(c.ctx, c.guest, c.fd(0), c.list(1), c.u32(3), c.pointer(4), c.pointer(5)))
    }),
    row("sock_send", &[I32, I32, I32, I32, I32], "Sends from a list of buffers.", |c| {
        answer(socket::sock_send(c.ctx, c.guest, c.fd(0), c.list(1), c.u32(3), c.pointer(4)))
    }),
    row("sock_shutdown", &[I32, I32], "Ends one or both directions of a connection.", |c| {
        answer(socket::sock_shutdown(c.ctx, c.fd(0), c.u32(1)))
    }),
];
