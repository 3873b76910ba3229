//! The standard streams.

use crate::guest::{DATA, FD_SEEK, FD_TELL, LIST, NONBLOCK, OUT, guest, poor_guest};
use std::io;
use std::sync::mpsc;
use tablature_wasi::{Errno, Input, MemoryOutput, Output};

#[test]
fn output_is_collected() {
    let (stdout, stderr) = (MemoryOutput::new(100), MemoryOutput::new(100));
    let mut guest = guest(|builder| builder.stdout(&stdout).stderr(&stderr));
    assert_eq!(guest.write(1, b"out"), Ok(3));
    assert_eq!(guest.write(2, b"err"), Ok(3));
    assert_eq!((stdout.contents(), stderr.take()), (b"out".to_vec(), b"err".to_vec()));
    assert_eq!(stderr.contents(), b"");
}

#[test]
fn output_gathers_its_buffers() {
    let stdout = MemoryOutput::new(1 << 20);
    let mut guest = guest(|builder| builder.stdout(&stdout));
    guest.put(DATA, b"abcdef");
    let data = DATA as u32;
    guest.put_words(LIST, &[data + 4, 2, 0, 0, data, 3, data + 1, 1]);
    guest.ok("fd_write", &[1, LIST, 4, OUT]);
    assert_eq!(guest.u32(OUT), 6);
    assert_eq!(stdout.contents(), b"efabcb");
}

#[test]
fn output_beyond_a_chunk_is_complete() {
    let stdout = MemoryOutput::new(1 << 20);
    let mut guest = guest(|builder| builder.stdout(&stdout));
    let bytes: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
    assert_eq!(guest.write(1, &bytes), Ok(200_000));
    assert_eq!(stdout.contents(), bytes);
}

#[test]
fn output_is_limited() {
    let stdout = MemoryOutput::new(5);
    let mut guest = guest(|builder| builder.stdout(&stdout));
    assert_eq!(guest.write(1, b"1234567"), Ok(5));
    assert_eq!(guest.write(1, b"8"), Err(Errno::Nospc));
    assert_eq!(guest.write(1, b""), Ok(0));
    assert_eq!(stdout.take(), b"12345");
    assert_eq!(guest.write(1, b"8"), Ok(1));
}

#[test]
fn input_is_read_in_parts() {
    let mut guest = guest(|builder| builder.stdin(Input::bytes("hello")));
    assert_eq!(guest.read(0, 2), Ok(b"he".to_vec()));
    assert_eq!(guest.read(0, 0), Ok(Vec::new()));
    assert_eq!(guest.read(0, 10), Ok(b"llo".to_vec()));
    assert_eq!(guest.read(0, 10), Ok(Vec::new()));
}

#[test]
fn input_scatters_into_its_buffers() {
    let mut guest = guest(|builder| builder.stdin(Input::bytes("abcdef")));
    let data = DATA as u32;
    guest.put_words(LIST, &[data + 4, 2, data, 0, data, 3]);
    guest.ok("fd_read", &[0, LIST, 3, OUT]);
    assert_eq!(guest.u32(OUT), 5);
    assert_eq!(guest.bytes(DATA, 6), b"cde\0ab");
}

#[test]
fn nothing_is_at_the_end_and_forgets() {
    let mut guest = poor_guest();
    assert_eq!(guest.read(0, 10), Ok(Vec::new()));
    assert_eq!(guest.write(1, b"gone"), Ok(4));
    assert_eq!(guest.write(2, b"gone"), Ok(4));
}

struct Failing(io::ErrorKind);

impl io::Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
}

impl io::Write for Failing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn errors_of_custom_streams_reach_the_guest() {
    let mut guest = guest(|builder| {
        builder
            .stdin(Input::reader(Failing(io::ErrorKind::ConnectionReset)))
            .stdout(Output::writer(Failing(io::ErrorKind::BrokenPipe)))
    });
    assert_eq!(guest.read(0, 1), Err(Errno::Connreset));
    assert_eq!(guest.write(1, b"x"), Err(Errno::Pipe));
}

struct Channel(mpsc::Sender<Vec<u8>>);

impl io::Write for Channel {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        let part = &from[..from.len().min(2)];
        self.0.send(part.to_vec()).map_err(io::Error::other)?;
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.send(b"flush".to_vec()).map_err(io::Error::other)
    }
}

#[test]
fn custom_writers_get_everything_and_are_flushed() {
    let (sender, receiver) = mpsc::channel();
    let mut guest = guest(|builder| builder.stdout(Output::writer(Channel(sender))));
    assert_eq!(guest.write(1, b"abc"), Ok(3));
    let got: Vec<Vec<u8>> = receiver.try_iter().collect();
    assert_eq!(got, [b"ab".to_vec(), b"c".to_vec(), b"flush".to_vec()]);
}

#[test]
fn streams_have_a_direction() {
    let mut guest = poor_guest();
    assert_eq!(guest.write(0, b"x"), Err(Errno::Badf));
    assert_eq!(guest.read(1, 1), Err(Errno::Badf));
}

#[test]
fn streams_cannot_seek() {
    let mut guest = poor_guest();
    for fd in 0..3 {
        assert_eq!(guest.call("fd_seek", &[fd, 0, 0, OUT]), Errno::Spipe);
        assert_eq!(guest.call("fd_tell", &[fd, OUT]), Errno::Spipe);
        let (kind, flags, rights, inheriting) = guest.fdstat(fd);
        assert_eq!((kind, flags, inheriting), (0, 0, 0));
        assert_eq!(rights & (FD_SEEK | FD_TELL), 0);
    }
    let list = guest.list(1);
    assert_eq!(guest.call("fd_pread", &[0, list[0], 1, 0, OUT]), Errno::Spipe);
    assert_eq!(guest.call("fd_pwrite", &[1, list[0], 1, 0, OUT]), Errno::Spipe);
}

#[test]
fn streams_can_be_closed() {
    let mut guest = poor_guest();
    guest.ok("fd_close", &[1]);
    assert_eq!(guest.call("fd_close", &[1]), Errno::Badf);
    assert_eq!(guest.write(1, b"x"), Err(Errno::Badf));
}

#[test]
fn streams_are_not_files() {
    let mut guest = poor_guest();
    guest.ok("fd_filestat_get", &[1, OUT]);
    assert_eq!(guest.bytes(OUT, 64), [0; 64]);
    guest.ok("fd_sync", &[1]);
    guest.ok("fd_datasync", &[2]);
    for (name, arguments) in [
        ("fd_advise", &[1, 0, 0, 0][..]),
        ("fd_allocate", &[1, 0, 1]),
        ("fd_filestat_set_size", &[1, 0]),
        ("fd_filestat_set_times", &[1, 0, 0, 0]),
        ("fd_prestat_get", &[1, OUT]),
        ("fd_prestat_dir_name", &[1, DATA, 10]),
    ] {
        assert_eq!(guest.call(name, arguments), Errno::Badf, "{name}");
    }
    assert_eq!(guest.call("fd_readdir", &[0, DATA, 100, 0, OUT]), Errno::Notdir);
}

#[test]
fn streams_take_flags() {
    let mut guest = poor_guest();
    guest.ok("fd_fdstat_set_flags", &[0, NONBLOCK]);
    assert_eq!(guest.fdstat(0).1, NONBLOCK as u16);
    assert_eq!(guest.read(0, 1), Ok(Vec::new()));
}

#[test]
fn inherited_streams_work() {
    let mut guest = guest(|builder| builder.inherit_stdio());
    assert_eq!(guest.write(2, b""), Ok(0));
    assert_eq!(guest.write(1, b"(this line is from a guest)\n"), Ok(28));
}
