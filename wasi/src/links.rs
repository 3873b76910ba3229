//! Links: making them, and reading where they lead.

use crate::context::WasiCtx;
use crate::directory::Directory;
use crate::errno::Errno;
use crate::flags::lookup;
use crate::memory::{Guest, Pointer};
use crate::paths::{At, known_flags, names_directory, read_path, require_directory};
use crate::rights::Rights;
use cap_fs_ext::DirExt;
use std::path::Path;

/// Gives a file a further name.
pub(crate) fn path_link(ctx: &mut WasiCtx, guest: &mut Guest, from: At, flags: u32, to: At) -> Result<(), Errno> {
    let (old, mut old_path) = from.resolve(ctx, guest, Rights::PATH_LINK_SOURCE)?;
    let (new, new_path) = to.resolve(ctx, guest, Rights::PATH_LINK_TARGET)?;
    // A name elsewhere would let the guest change a file that it may only read.
    old.require_mutable()?;
    new.require_mutable()?;
    if known_flags(flags, lookup::SYMLINK_FOLLOW)? != 0 {
        old_path = old.host().canonicalize(&old_path)?;
    }
    if names_directory(&old_path) {
        require_directory(old, &old_path)?;
    }
    require_name_of_link(new, &new_path)?;
    Ok(old.host().hard_link(&old_path, new.host(), &new_path)?)
}

/// Makes a symbolic link. Its target is any text but an absolute path, and is looked at when it is followed.
pub(crate) fn path_symlink(ctx: &mut WasiCtx, guest: &mut Guest, target: (Pointer, u32), at: At) -> Result<(), Errno> {
    let target = read_path(guest, target.0, target.1)?;
    let (directory, path) = at.resolve(ctx, guest, Rights::PATH_SYMLINK)?;
    directory.require_mutable()?;
    if is_absolute(&target) {
        return Err(Errno::Perm);
    }
    require_name_of_link(directory, &path)?;
    Ok(DirExt::symlink(directory.host(), &target, &path)?)
}

/// Fails when a path can only be a directory's, with what is wrong about making a link there.
fn require_name_of_link(directory: &Directory, path: &Path) -> Result<(), Errno> {
    if !names_directory(path) {
        return Ok(());
    }
    require_directory(directory, path)?;
    Err(Errno::Exist)
}

/// On every system a path that begins with a slash is meant to be absolute.
fn is_absolute(path: &Path) -> bool {
    path.has_root() || path.is_absolute()
}

/// Writes where a symbolic link leads to a buffer, cut off where that ends, and how many bytes it wrote.
pub(crate) fn path_readlink(
    ctx: &mut WasiCtx,
    guest: &mut Guest,
    at: At,
    (buffer, len): (Pointer, u32),
    used: Pointer,
) -> Result<(), Errno> {
    guest.check(buffer, len)?;
    let (directory, path) = at.resolve(ctx, guest, Rights::PATH_READLINK)?;
    let target = directory.host().read_link(&path)?;
    let target = target.into_os_string().into_string().map_err(|_| Errno::Ilseq)?;
    let part = &target.as_bytes()[..target.len().min(len as usize)];
    guest.write(buffer, part)?;
    guest.write_u32(used, part.len() as u32)
}
