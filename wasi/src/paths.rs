//! Paths, and what changes the tree of names: making and removing directories, unlinking, renaming.
//!
//! Every path is relative to an open directory. cap-std sees to it that it stays below: a path that leads out, by `..`,
//! by an absolute name or through symbolic links, is answered with [`Errno::Perm`].

use crate::context::WasiCtx;
use crate::descriptors::Fd;
use crate::directory::Directory;
use crate::errno::Errno;
use crate::flags::lookup;
use crate::memory::{Guest, Pointer};
use crate::rights::Rights;
use cap_fs_ext::DirExt;
use std::path::{Path, PathBuf};

/// The longest path that is looked at.
const MAX_PATH: u32 = 4096;

/// A path as a guest gives it: a directory and a string in its memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub fd: Fd,
    pub path: Pointer,
    pub len: u32,
}

impl At {
    /// The directory, if it may be used for this, and the path.
    pub fn resolve<'a>(
        self,
        ctx: &'a WasiCtx,
        guest: &Guest,
        needed: Rights,
    ) -> Result<(&'a Directory, PathBuf), Errno> {
        let directory = ctx.descriptors.get(self.fd)?.directory(needed)?;
        Ok((directory, read_path(guest, self.path, self.len)?))
    }
}

/// Reads a path. It must be UTF-8, and can contain no NUL.
pub(crate) fn read_path(guest: &Guest, pointer: Pointer, len: u32) -> Result<PathBuf, Errno> {
    guest.check(pointer, len)?;
    if len > MAX_PATH {
        return Err(Errno::Nametoolong);
    }
    let mut bytes = vec![0; len as usize];
    guest.read(pointer, &mut bytes)?;
    let path = String::from_utf8(bytes).map_err(|_| Errno::Ilseq)?;
    match path.as_str() {
        "" => Err(Errno::Noent),
        path if path.contains('\0') => Err(Errno::Inval),
        _ => Ok(PathBuf::from(path)),
    }
}

/// Fails when flags are set that are none.
pub(crate) fn known_flags(flags: u32, all: u32) -> Result<u32, Errno> {
    match flags & !all {
        0 => Ok(flags),
        _ => Err(Errno::Inval),
    }
}

/// Whether a path ends such that only a directory can be there: in a slash, `.` or `..`.
///
/// The standard library drops slashes and dots at the end, and so do parts of cap-std: this must be asked before.
pub(crate) fn names_directory(path: &Path) -> bool {
    matches!(last_name(path), "" | "." | "..")
}

/// Whether a path ends in a slash.
pub(crate) fn ends_in_slash(path: &Path) -> bool {
    last_name(path).is_empty()
}

/// What stands after the last slash. Paths are UTF-8, so that nothing is lost here.
fn last_name(path: &Path) -> &str {
    let path = path.to_str().unwrap_or_default();
    path.rsplit(std::path::is_separator).next().unwrap_or_default()
}

/// Fails unless a path is a directory's.
pub(crate) fn require_directory(directory: &Directory, path: &Path) -> Result<(), Errno> {
    match directory.host().symlink_metadata(path)?.is_dir() {
        true => Ok(()),
        false => Err(Errno::Notdir),
    }
}

/// Whether a path shall be followed to its end: as asked for, or because only what is behind a link can be the
/// directory that the path names.
pub(crate) fn follows(path: &Path, flags: u32) -> Result<bool, Errno> {
    let asked = known_flags(flags, lookup::SYMLINK_FOLLOW)? != 0;
    Ok(asked || names_directory(path))
}

/// Makes a directory.
pub(crate) fn path_create_directory(ctx: &mut WasiCtx, guest: &mut Guest, at: At) -> Result<(), Errno> {
    let (directory, path) = at.resolve(ctx, guest, Rights::PATH_CREATE_DIRECTORY)?;
    directory.require_mutable()?;
    Ok(directory.host().create_dir(&path)?)
}

/// Removes an empty directory.
pub(crate) fn path_remove_directory(ctx: &mut WasiCtx, guest: &mut Guest, at: At) -> Result<(), Errno> {
    let (directory, path) = at.resolve(ctx, guest, Rights::PATH_REMOVE_DIRECTORY)?;
    directory.require_mutable()?;
    // A slash at the end changes nothing here, but cap-std would pass on a dot, which systems refuse to remove.
    let path = match ends_in_slash(&path) {
        true => path.components().collect(),
        false => path,
    };
    Ok(directory.host().remove_dir(&path)?)
}

/// Removes a name that is not a directory's.
pub(crate) fn path_unlink_file(ctx: &mut WasiCtx, guest: &mut Guest, at: At) -> Result<(), Errno> {
    let (directory, path) = at.resolve(ctx, guest, Rights::PATH_UNLINK_FILE)?;
    directory.require_mutable()?;
    Ok(directory.host().remove_file_or_symlink(&path)?)
}

/// Gives a file or directory another name, perhaps in another directory.
pub(crate) fn path_rename(ctx: &mut WasiCtx, guest: &mut Guest, from: At, to: At) -> Result<(), Errno> {
    let (old, old_path) = from.resolve(ctx, guest, Rights::PATH_RENAME_SOURCE)?;
    let (new, new_path) = to.resolve(ctx, guest, Rights::PATH_RENAME_TARGET)?;
    old.require_mutable()?;
    new.require_mutable()?;
    if names_directory(&old_path) || names_directory(&new_path) {
        require_directory(old, &old_path)?;
    }
    Ok(old.host().rename(&old_path, new.host(), &new_path)?)
}
