//! Accepting, receiving, sending, shutting down.

use crate::guest::*;
use crate::polling::{Event, Sub, poll};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use tablature_wasi::{Errno, Exit};

const PEEK: u64 = 1;
const WAITALL: u64 = 2;

/// A guest that listens on descriptor 3, and where.
fn listening() -> (Guest, std::net::SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    (guest(|builder| builder.preopened_listener(listener)), address)
}

/// A guest with a connection on descriptor 3, and its other end.
fn connected() -> (Guest, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let ours = TcpStream::connect(address).expect("it listens");
    let (theirs, _) = listener.accept().expect("someone connects");
    (guest(|builder| builder.preopened_stream(theirs)), ours)
}

fn recv(guest: &mut Guest, len: usize, flags: u64) -> Result<Vec<u8>, Errno> {
    let [list, count] = guest.list(len);
    guest.put(OUT, &[0xFF; 8]);
    match guest.call("sock_recv", &[3, list, count, flags, OUT, OUT + 4]) {
        Errno::Success => {
            assert_eq!(guest.u16(OUT + 4), 0);
            Ok(guest.bytes(DATA, u64::from(guest.u32(OUT))))
        }
        errno => Err(errno),
    }
}

fn send(guest: &mut Guest, bytes: &[u8], flags: u64) -> Result<u32, Errno> {
    guest.put(DATA, bytes);
    let [list, count] = guest.list(bytes.len());
    match guest.call("sock_send", &[3, list, count, flags, OUT]) {
        Errno::Success => Ok(guest.u32(OUT)),
        errno => Err(errno),
    }
}

#[test]
fn connections_are_accepted() {
    let (mut guest, address) = listening();
    let mut client = TcpStream::connect(address).expect("it listens");
    client.write_all(b"hello").expect("it writes");
    guest.ok("sock_accept", &[3, 0, OUT]);
    let fd = u64::from(guest.u32(OUT));
    assert_eq!(fd, 4);
    assert_eq!(guest.fdstat(fd).0, 6);
    assert_eq!(guest.read(fd, 100), Ok(b"hello".to_vec()));
    assert_eq!(guest.write(fd, b"hi"), Ok(2));
    guest.ok("fd_close", &[fd]);
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).expect("it reads");
    assert_eq!(answer, b"hi");
}

#[test]
fn accepting_may_refuse_to_wait() {
    let (mut guest, address) = listening();
    guest.ok("fd_fdstat_set_flags", &[3, NONBLOCK]);
    assert_eq!(guest.call("sock_accept", &[3, 0, OUT]), Errno::Again);
    let _client = TcpStream::connect(address).expect("it listens");
    guest.ok("sock_accept", &[3, NONBLOCK, OUT]);
    let fd = u64::from(guest.u32(OUT));
    assert_eq!(guest.fdstat(fd).1, NONBLOCK as u16);
    assert_eq!(guest.read(fd, 1), Err(Errno::Again));
    assert_eq!(guest.call("sock_accept", &[3, 1, OUT]), Errno::Inval);
}

#[test]
fn messages_are_received_and_sent() {
    let (mut guest, mut ours) = connected();
    ours.write_all(b"abcdef").expect("it writes");
    assert_eq!(recv(&mut guest, 3, PEEK), Ok(b"abc".to_vec()));
    assert_eq!(recv(&mut guest, 2, 0), Ok(b"ab".to_vec()));
    let rest = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(20));
        ours.write_all(b"ghi").expect("it writes");
        ours
    });
    assert_eq!(recv(&mut guest, 7, WAITALL), Ok(b"cdefghi".to_vec()));
    let mut ours = rest.join().expect("it does not panic");
    assert_eq!(send(&mut guest, b"answer", 0), Ok(6));
    let mut answer = [0; 6];
    ours.read_exact(&mut answer).expect("it reads");
    assert_eq!(&answer, b"answer");
    assert_eq!(recv(&mut guest, 1, 4), Err(Errno::Inval));
    assert_eq!(send(&mut guest, b"x", 1), Err(Errno::Inval));
    drop(ours);
    assert_eq!(recv(&mut guest, 1, 0), Ok(Vec::new()));
}

#[test]
fn connections_are_shut_down() {
    let (mut guest, mut ours) = connected();
    for how in [0, 4, 256] {
        assert_eq!(guest.call("sock_shutdown", &[3, how]), Errno::Inval);
    }
    guest.ok("sock_shutdown", &[3, 2]);
    assert_eq!(send(&mut guest, b"x", 0), Err(Errno::Pipe));
    let mut nothing = Vec::new();
    ours.read_to_end(&mut nothing).expect("it reads");
    assert_eq!(nothing, b"");
    ours.write_all(b"still").expect("it writes");
    assert_eq!(recv(&mut guest, 10, 0), Ok(b"still".to_vec()));
    guest.ok("sock_shutdown", &[3, 3]);
}

#[test]
fn other_things_are_no_sockets() {
    let (_directory, mut guest) = guest_with_directory();
    let fd = guest.open("a", CREAT, READ_WRITE).expect("it opens");
    for (fd, errno) in [(0, Errno::Notsock), (fd, Errno::Notsock), (ROOT, Errno::Notsock), (99, Errno::Badf)] {
        let [list, count] = guest.list(1);
        assert_eq!(guest.call("sock_accept", &[fd, 0, OUT]), errno);
        assert_eq!(guest.call("sock_recv", &[fd, list, count, 0, OUT, OUT + 4]), errno);
        assert_eq!(guest.call("sock_send", &[fd, list, count, 0, OUT]), errno);
        assert_eq!(guest.call("sock_shutdown", &[fd, 1]), errno);
    }
}

#[test]
fn listeners_and_connections_are_different() {
    let (mut guest, _) = listening();
    assert_eq!(recv(&mut guest, 1, 0), Err(Errno::Notconn));
    assert_eq!(send(&mut guest, b"x", 0), Err(Errno::Notconn));
    assert_eq!(guest.call("sock_shutdown", &[3, 1]), Errno::Notconn);
    assert_eq!(guest.read(3, 1), Err(Errno::Notconn));
    assert_eq!(guest.call("fd_seek", &[3, 0, 0, OUT]), Errno::Spipe);
    let (mut guest, _ours) = connected();
    assert_eq!(guest.call("sock_accept", &[3, 0, OUT]), Errno::Inval);
    assert_eq!(guest.call("fd_tell", &[3, OUT]), Errno::Spipe);
    assert_eq!(guest.call("fd_sync", &[3]), Errno::Notcapable);
    guest.ok("fd_filestat_get", &[3, OUT]);
    assert_eq!(guest.u8(OUT + 16), 6);
}

#[test]
#[cfg(unix)]
fn sockets_are_waited_for() {
    let (mut guest, mut ours) = connected();
    let second = Sub::Clock { id: 1, timeout: 30_000_000, flags: 0 };
    let subs = [Sub::Read(3), second];
    assert_eq!(poll(&mut guest, &subs), Ok(vec![Event(1, 0, 0, 0, 0)]));
    assert_eq!(poll(&mut guest, &[Sub::Read(3), Sub::Write(3)]), Ok(vec![Event(1, 0, 2, 1, 0)]));
    ours.write_all(b"x").expect("it writes");
    assert_eq!(poll(&mut guest, &subs), Ok(vec![Event(0, 0, 1, 1, 0)]));
    guest.ok("sock_shutdown", &[3, 2]);
    drop(ours);
    let events = poll(&mut guest, &subs).expect("nobody interrupts");
    assert_eq!((events[0].0, events[0].1, events[0].4), (0, 0, 1), "the other end has hung up");
}

#[test]
#[cfg(unix)]
fn listeners_are_waited_for() {
    let (mut guest, address) = listening();
    let now = Sub::Clock { id: 1, timeout: 0, flags: 0 };
    let subs = [Sub::Read(3), now];
    assert_eq!(poll(&mut guest, &subs), Ok(vec![Event(1, 0, 0, 0, 0)]));
    let _client = TcpStream::connect(address).expect("it listens");
    assert_eq!(poll(&mut guest, &[Sub::Read(3)]), Ok(vec![Event(0, 0, 1, 1, 0)]));
}

#[test]
#[cfg(unix)]
fn waiting_for_others_can_be_interrupted() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let _ours = TcpStream::connect(address).expect("it listens");
    let (theirs, _) = listener.accept().expect("someone connects");
    let mut asked = 0;
    let mut guest = guest(|builder| {
        builder.preopened_stream(theirs).preopened_listener(listener).interrupt_when(move || {
            asked += 1;
            asked % 3 == 0
        })
    });
    let [list, count] = guest.list(1);
    assert_eq!(guest.try_call("fd_read", &[3, list, count, OUT]), Err(Exit::Interrupted));
    let recv = [3, list, count, 0, OUT, OUT + 4];
    assert_eq!(guest.try_call("sock_recv", &recv), Err(Exit::Interrupted));
    assert_eq!(guest.try_call("sock_accept", &[4, 0, OUT]), Err(Exit::Interrupted));
}
