//! The guest's memory, and checked access to it.
//!
//! Nothing here trusts an address, a length or a count: what leads out of the memory is [`Errno::Fault`].

use crate::errno::Errno;
use crate::snapshot::Snapshot;

/// The linear memory of a guest.
///
/// Bytes are copied in and out, so that a memory which is shared with other threads can implement it, too. Slices and
/// vectors of bytes do already: `&mut &mut slice` and `&mut vector` are what [`Function::call`] takes.
///
/// [`Function::call`]: crate::Function::call
pub trait GuestMemory {
    /// How many bytes there are.
    fn size(&self) -> u64;

    /// Copies bytes out of the memory. The caller has checked that they are inside.
    ///
    /// # Errors
    ///
    /// [`Errno::Fault`] when they are not, because the memory differs from [`size`](Self::size).
    fn read(&self, address: u32, into: &mut [u8]) -> Result<(), Errno>;

    /// Copies bytes into the memory. The caller has checked that they are inside.
    ///
    /// # Errors
    ///
    /// The same as for [`read`](Self::read).
    fn write(&mut self, address: u32, from: &[u8]) -> Result<(), Errno>;
}

impl GuestMemory for &mut [u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, address: u32, into: &mut [u8]) -> Result<(), Errno> {
        let from = self.get(address as usize..).and_then(|tail| tail.get(..into.len()));
        into.copy_from_slice(from.ok_or(Errno::Fault)?);
        Ok(())
    }

    fn write(&mut self, address: u32, from: &[u8]) -> Result<(), Errno> {
        let into = self.get_mut(address as usize..).and_then(|tail| tail.get_mut(..from.len()));
        into.ok_or(Errno::Fault)?.copy_from_slice(from);
        Ok(())
    }
}

impl GuestMemory for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, address: u32, into: &mut [u8]) -> Result<(), Errno> {
        let from = self.get(address as usize..).and_then(|tail| tail.get(..into.len()));
        into.copy_from_slice(from.ok_or(Errno::Fault)?);
        Ok(())
    }

    fn write(&mut self, address: u32, from: &[u8]) -> Result<(), Errno> {
        self.as_mut_slice().write(address, from)
    }
}

/// An address in the guest's memory, as the guest gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pointer(pub u32);

impl Pointer {
    /// The address so many bytes further on.
    pub fn offset(self, bytes: u32) -> Result<Pointer, Errno> {
        self.0.checked_add(bytes).map(Pointer).ok_or(Errno::Fault)
    }

    /// The address of an element of an array.
    pub fn element(self, index: u32, size: u32) -> Result<Pointer, Errno> {
        self.offset(index.checked_mul(size).ok_or(Errno::Fault)?)
    }
}

/// The guest during one call: its memory, and the edition of the interface that it was compiled for.
pub(crate) struct Guest<'a> {
    memory: &'a mut dyn GuestMemory,
    pub snapshot: Snapshot,
}

impl<'a> Guest<'a> {
    pub fn new(snapshot: Snapshot, memory: &'a mut dyn GuestMemory) -> Self {
        Guest { memory, snapshot }
    }

    /// Checks that so many bytes lie inside the memory.
    ///
    /// A function with an effect checks where its results go before it does anything.
    pub fn check(&self, pointer: Pointer, len: u32) -> Result<(), Errno> {
        match u64::from(pointer.0) + u64::from(len) <= self.memory.size() {
            true => Ok(()),
            false => Err(Errno::Fault),
        }
    }

    pub fn read(&self, pointer: Pointer, into: &mut [u8]) -> Result<(), Errno> {
        self.check(pointer, length(into)?)?;
        self.memory.read(pointer.0, into)
    }

    pub fn write(&mut self, pointer: Pointer, from: &[u8]) -> Result<(), Errno> {
        self.check(pointer, length(from)?)?;
        self.memory.write(pointer.0, from)
    }

    fn array<const N: usize>(&self, pointer: Pointer) -> Result<[u8; N], Errno> {
        let mut bytes = [0; N];
        self.read(pointer, &mut bytes)?;
        Ok(bytes)
    }

    pub fn read_u8(&self, pointer: Pointer) -> Result<u8, Errno> {
        self.array(pointer).map(u8::from_le_bytes)
    }

    pub fn read_u16(&self, pointer: Pointer) -> Result<u16, Errno> {
        self.array(pointer).map(u16::from_le_bytes)
    }

    pub fn read_u32(&self, pointer: Pointer) -> Result<u32, Errno> {
        self.array(pointer).map(u32::from_le_bytes)
    }

    pub fn read_u64(&self, pointer: Pointer) -> Result<u64, Errno> {
        self.array(pointer).map(u64::from_le_bytes)
    }

    pub fn write_u16(&mut self, pointer: Pointer, value: u16) -> Result<(), Errno> {
        self.write(pointer, &value.to_le_bytes())
    }

    pub fn write_u32(&mut self, pointer: Pointer, value: u32) -> Result<(), Errno> {
        self.write(pointer, &value.to_le_bytes())
    }

    pub fn write_u64(&mut self, pointer: Pointer, value: u64) -> Result<(), Errno> {
        self.write(pointer, &value.to_le_bytes())
    }
}

/// The length of a slice as the guest counts. No caller's slice is longer than the guest's address space.
fn length(bytes: &[u8]) -> Result<u32, Errno> {
    u32::try_from(bytes.len()).map_err(|_| Errno::Fault)
}
