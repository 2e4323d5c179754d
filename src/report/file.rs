//! Files that appear only when complete.

use std::io::{self, Write};
use std::path::Path;

/// A temporary file in the folder of `path`, with the permissions that the umask leaves to any new file.
pub(crate) fn temporary_beside(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Not the 0600 of temporaries.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Whether `path` is there and neither a file nor a directory: a device or a pipe, which is written
/// into and never replaced.
pub(crate) fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Writes a file that appears only when complete: into a temporary beside it, then renamed. A new file
/// has the permissions that the umask leaves; one that was there keeps its own.
///
/// # Errors
/// What the file system says; the file that was there is then untouched.
pub fn write_complete(path: &Path, content: &[u8]) -> io::Result<()> {
    if is_special(path) {
        return std::fs::write(path, content);
    }
    fill(temporary_beside(path)?, path, content)
}

/// Fills a temporary beside `path` and gives it that name.
pub(crate) fn fill(
    mut file: tempfile::NamedTempFile,
    path: &Path,
    content: &[u8],
) -> io::Result<()> {
    if let Ok(before) = std::fs::metadata(path) {
        file.as_file().set_permissions(before.permissions())?;
    }
    file.write_all(content)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_new_file_has_the_permissions_of_any_new_file_and_an_old_one_keeps_its_own() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| {
            let found = std::fs::metadata(path).unwrap().permissions();
            found.mode() & 0o777
        };
        let (ours, ordinary) = (folder.path().join("a"), folder.path().join("b"));
        write_complete(&ours, b"x").unwrap();
        std::fs::write(&ordinary, "x").unwrap();
        assert_eq!(mode(&ours), mode(&ordinary));
        // What the file had before: that of a temporary is not that of a file.
        let temporary = tempfile::NamedTempFile::new_in(folder.path()).unwrap();
        assert_eq!(mode(temporary.path()), 0o600);
        for kept in [0o600, 0o640] {
            std::fs::set_permissions(&ours, std::fs::Permissions::from_mode(kept)).unwrap();
            write_complete(&ours, b"y").unwrap();
            assert_eq!(mode(&ours), kept);
        }
        assert_eq!(std::fs::read(&ours).unwrap(), b"y");
    }

    #[test]
    fn a_file_that_cannot_be_replaced_is_an_error_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        std::fs::create_dir(&taken).unwrap();
        std::fs::write(taken.join("inside"), "x").unwrap();
        write_complete(&taken, b"y").unwrap_err();
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1);
    }
}
