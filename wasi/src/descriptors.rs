//! The guest's table of file descriptors, and what can stand behind one.

use crate::directory::Directory;
use crate::errno::Errno;
use crate::file::File;
use crate::flags::FileType;
use crate::rights::Rights;
use crate::streams::{Input, Output};
use std::net::{TcpListener, TcpStream};

/// A number that the guest knows an open thing by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fd(pub u32);

/// Something open, and what may be done with it.
#[derive(Debug)]
pub(crate) struct Descriptor {
    pub resource: Resource,
    /// The `fdflags` that the guest has set.
    pub flags: u16,
    /// What this descriptor may be used for.
    pub rights: Rights,
    /// What descriptors opened through this one may be used for at most.
    pub inheriting: Rights,
}

/// What a descriptor stands for.
#[derive(Debug)]
pub(crate) enum Resource {
    Input(Input),
    Output(Output),
    File(File),
    Directory(Directory),
    Listener(TcpListener),
    Stream(TcpStream),
}

impl Resource {
    pub fn file_type(&self) -> FileType {
        match self {
            Resource::Input(input) => terminal_or_unknown(input.is_terminal()),
            Resource::Output(output) => terminal_or_unknown(output.is_terminal()),
            Resource::File(file) => file.file_type,
            Resource::Directory(_) => FileType::Directory,
            Resource::Listener(_) | Resource::Stream(_) => FileType::SocketStream,
        }
    }

    /// The rights that make sense for such a thing.
    pub fn rights(&self) -> Rights {
        match self {
            Resource::Input(_) => Rights::INPUT,
            Resource::Output(_) => Rights::OUTPUT,
            Resource::File(_) => Rights::FILE,
            Resource::Directory(_) => Rights::DIRECTORY,
            Resource::Listener(_) => Rights::LISTENER,
            Resource::Stream(_) => Rights::STREAM,
        }
    }
}

fn terminal_or_unknown(terminal: bool) -> FileType {
    match terminal {
        true => FileType::CharacterDevice,
        false => FileType::Unknown,
    }
}

impl Descriptor {
    /// A descriptor with every right that makes sense for it.
    pub fn new(resource: Resource) -> Descriptor {
        let inheriting = match &resource {
            Resource::Directory(_) => Rights::INHERITING,
            Resource::Listener(_) => Rights::STREAM,
            _ => Rights::NONE,
        };
        Descriptor { rights: resource.rights(), inheriting, resource, flags: 0 }
    }

    /// The directory behind this descriptor, if it may be used for this.
    pub fn directory(&self, needed: Rights) -> Result<&Directory, Errno> {
        match &self.resource {
            Resource::Directory(directory) => self.rights.require(needed).map(|()| directory),
            _ => Err(Errno::Notdir),
        }
    }

    /// The file behind this descriptor, if it may be used for this.
    pub fn file(&self, needed: Rights) -> Result<&File, Errno> {
        match &self.resource {
            Resource::File(file) => self.rights.require(needed).map(|()| file),
            _ => Err(Errno::Badf),
        }
    }
}

/// The table. A new descriptor gets the lowest free number.
#[derive(Debug)]
pub(crate) struct Descriptors {
    slots: Vec<Option<Descriptor>>,
    limit: u32,
}

impl Descriptors {
    pub fn new(limit: u32) -> Descriptors {
        Descriptors { slots: Vec::new(), limit }
    }

    /// The number that the next descriptor will get, or an error when the table is full.
    pub fn next(&self) -> Result<Fd, Errno> {
        let free = self.slots.iter().position(Option::is_none);
        match u32::try_from(free.unwrap_or(self.slots.len())) {
            Ok(number) if number < self.limit => Ok(Fd(number)),
            _ => Err(Errno::Mfile),
        }
    }

    pub fn insert(&mut self, descriptor: Descriptor) -> Result<Fd, Errno> {
        let fd = self.next()?;
        match self.slots.get_mut(fd.0 as usize) {
            Some(slot) => *slot = Some(descriptor),
            None => self.slots.push(Some(descriptor)),
        }
        Ok(fd)
    }

    pub fn get(&self, fd: Fd) -> Result<&Descriptor, Errno> {
        let slot = self.slots.get(fd.0 as usize);
        slot.and_then(Option::as_ref).ok_or(Errno::Badf)
    }

    pub fn get_mut(&mut self, fd: Fd) -> Result<&mut Descriptor, Errno> {
        let slot = self.slots.get_mut(fd.0 as usize);
        slot.and_then(Option::as_mut).ok_or(Errno::Badf)
    }

    /// Takes a descriptor out, which frees its number.
    pub fn remove(&mut self, fd: Fd) -> Result<Descriptor, Errno> {
        let slot = self.slots.get_mut(fd.0 as usize);
        slot.and_then(Option::take).ok_or(Errno::Badf)
    }

    /// Moves a descriptor to the number of another open one, which is closed.
    pub fn renumber(&mut self, from: Fd, to: Fd) -> Result<(), Errno> {
        self.get(from)?;
        self.get(to)?;
        if from != to {
            let descriptor = self.remove(from)?;
            *self.get_mut(to)? = descriptor;
        }
        Ok(())
    }
}
