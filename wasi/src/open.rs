//! Opening files and directories.

use crate::context::WasiCtx;
use crate::descriptors::{Descriptor, Resource};
use crate::directory::Directory;
use crate::errno::Errno;
use crate::file::File;
use crate::filestat::file_type;
use crate::flags::{fdflags, lookup, oflags};
use crate::memory::{Guest, Pointer};
use crate::paths::{At, ends_in_slash, known_flags, names_directory};
use crate::rights::Rights;
use cap_fs_ext::{
    DirExt, FollowSymlinks, OpenOptions, OpenOptionsFollowExt, OpenOptionsMaybeDirExt, OpenOptionsSyncExt,
};
use cap_std::fs::Dir;
use std::io::ErrorKind;
use std::path::Path;

/// How a guest wants to open a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub lookup: u32,
    pub oflags: u32,
    /// The rights of the new descriptor.
    pub rights: u64,
    /// The rights of what is opened through it.
    pub inheriting: u64,
    pub fdflags: u32,
}

/// Opens a path, and writes the new descriptor.
///
/// Reading and writing are asked for by the rights to do so. Of the other rights the descriptor gets those that the
/// directory can give, and that make sense for what the path turns out to be.
pub(crate) fn path_open(
    ctx: &mut WasiCtx,
    guest: &mut Guest,
    at: At,
    request: Request,
    opened: Pointer,
) -> Result<(), Errno> {
    guest.check(opened, 4)?;
    ctx.descriptors.next()?;
    let way = Way::new(request)?;
    let (directory, path) = at.resolve(ctx, guest, way.rights_needed())?;
    let giving = ctx.descriptors.get(at.fd)?.inheriting;
    giving.require(way.access())?;
    let resource = way.open(directory, &path)?;
    let descriptor = Descriptor {
        rights: Rights(request.rights).within(giving).within(resource.rights()),
        inheriting: Rights(request.inheriting).within(giving),
        flags: way.flags,
        resource,
    };
    let fd = ctx.descriptors.insert(descriptor)?;
    guest.write_u32(opened, fd.0)
}

/// A request that makes sense.
#[derive(Clone, Copy, Debug)]
struct Way {
    follow: bool,
    create: bool,
    exclusive: bool,
    truncate: bool,
    directory: bool,
    read: bool,
    write: bool,
    flags: u16,
}

impl Way {
    fn new(request: Request) -> Result<Way, Errno> {
        let oflags = known_flags(request.oflags, u32::from(oflags::ALL))? as u16;
        let flags = known_flags(request.fdflags, u32::from(fdflags::ALL))? as u16;
        let rights = Rights(request.rights);
        let way = Way {
            follow: known_flags(request.lookup, lookup::SYMLINK_FOLLOW)? != 0,
            create: oflags & oflags::CREAT != 0,
            exclusive: oflags & oflags::EXCL != 0,
            truncate: oflags & oflags::TRUNC != 0,
            directory: oflags & oflags::DIRECTORY != 0,
            read: rights.contains(Rights::FD_READ),
            write: rights.contains(Rights::FD_WRITE),
            flags,
        };
        // Making directories is for another function.
        match way.directory && (way.create || way.exclusive || way.truncate) {
            true => Err(Errno::Inval),
            false => Ok(way),
        }
    }

    /// What the directory must be good for.
    fn rights_needed(self) -> Rights {
        let when = |condition, right| if condition { right } else { Rights::NONE };
        Rights::PATH_OPEN
            .and(when(self.create, Rights::PATH_CREATE_FILE))
            .and(when(self.truncate, Rights::PATH_FILESTAT_SET_SIZE))
    }

    /// What must be there to be inherited.
    fn access(self) -> Rights {
        let when = |condition, right| if condition { right } else { Rights::NONE };
        when(self.read && !self.directory, Rights::FD_READ).and(when(self.write, Rights::FD_WRITE))
    }

    fn open(self, directory: &Directory, path: &Path) -> Result<Resource, Errno> {
        let dir = directory.host();
        if self.directory {
            return Ok(Resource::Directory(self.open_directory(dir, path, directory.read_only)?));
        }
        if self.write || self.truncate {
            directory.require_mutable()?;
        }
        let file = match directory.read_only && self.create {
            true => self.open_existing(dir, path)?,
            false => self.open_or_create(dir, path)?,
        };
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            let dir = Dir::from_std_file(file.into_std());
            return Ok(Resource::Directory(Directory::new(dir, directory.read_only)));
        }
        let mut file = File::new(file, file_type(&metadata.file_type()));
        file.readable = self.read;
        file.writable = self.write;
        file.read_only = directory.read_only;
        if self.flags & (fdflags::APPEND | fdflags::NONBLOCK) != 0 {
            file.set_flags(self.flags)?;
        }
        Ok(Resource::File(file))
    }

    fn open_directory(self, dir: &Dir, path: &Path, read_only: bool) -> Result<Directory, Errno> {
        if self.write {
            return Err(Errno::Isdir);
        }
        let opened = match self.follow {
            true => dir.open_dir(path)?,
            false => dir.open_dir_nofollow(path)?,
        };
        Ok(Directory::new(opened, read_only))
    }

    /// Creating what is there already changes nothing, so that it is allowed where nothing may change.
    fn open_existing(self, dir: &Dir, path: &Path) -> Result<cap_std::fs::File, Errno> {
        match dir.open_with(path, &self.options(false)) {
            Ok(_) if self.exclusive => Err(Errno::Exist),
            Ok(file) => Ok(file),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Errno::Rofs),
            Err(error) => Err(error.into()),
        }
    }

    fn open_or_create(self, dir: &Dir, path: &Path) -> Result<cap_std::fs::File, Errno> {
        let only_for_directories = names_directory(path);
        // The host creates files only for writing, and the guest may not be allowed to write to one that exists.
        let look_first = only_for_directories || !(self.exclusive || self.write || self.truncate);
        if self.create && look_first {
            match dir.open_with(path, &self.options(false)) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                result => return Ok(result?),
            }
            if only_for_directories {
                return Err(if ends_in_slash(path) { Errno::Isdir } else { Errno::Noent });
            }
        }
        Ok(dir.open_with(path, &self.options(self.create))?)
    }

    fn options(self, create: bool) -> OpenOptions {
        let writing = self.write || self.truncate || create;
        let mut options = OpenOptions::new();
        options
            .read(self.read || !writing)
            .write(writing)
            .create(create)
            .create_new(create && self.exclusive)
            .truncate(self.truncate)
            .maybe_dir(true)
            .follow(match self.follow {
                true => FollowSymlinks::Yes,
                false => FollowSymlinks::No,
            })
            .sync(self.flags & fdflags::SYNC != 0)
            .dsync(self.flags & fdflags::DSYNC != 0)
            .rsync(self.flags & fdflags::RSYNC != 0);
        options
    }
}
