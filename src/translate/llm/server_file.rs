//! Small files on the server that a superuser's setting names: keys and certificates.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};

/// Who may have a right to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Any,
    /// Its owner alone, as libpq asks of a password file.
    Owner,
}

/// The bytes of a file. A pipe or a device is refused before anything is read, because it could block the session.
///
/// # Errors
/// What is wrong with the file, as a sentence that does not name it.
pub fn read(path: &str, access: Access, most: u64) -> Result<Vec<u8>, String> {
    let cannot = |error: std::io::Error| format!("The file cannot be read: {}.", error.kind());
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
        .map_err(cannot)?;
    let facts = file.metadata().map_err(cannot)?;
    if !facts.is_file() {
        return Err("It is not a plain file.".to_owned());
    }
    if access == Access::Owner && facts.mode() & 0o077 != 0 {
        return Err(
            "Group or others have a right to the file; its mode must be 0600 or less.".to_owned(),
        );
    }
    let mut bytes = Vec::new();
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(cannot)?;
    if bytes.len() as u64 > most {
        return Err(format!("The file is larger than {most} bytes."));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn who_may_read_it_decides() {
        let path = std::env::temp_dir().join(format!("insightflow_key_{}", std::process::id()));
        let name = path.to_str().expect("a name");
        std::fs::write(&path, "sk-1\n").expect("written");
        for (mode, private) in [
            (0o600, true),
            (0o400, true),
            (0o640, false),
            (0o604, false),
            (0o620, false),
            (0o601, false),
        ] {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&path, permissions).expect("mode");
            let outcome = read(name, Access::Owner, 100);
            assert_eq!(outcome.is_ok(), private, "{mode:o}");
            assert_eq!(read(name, Access::Any, 100), Ok(b"sk-1\n".to_vec()));
            if let Err(message) = outcome {
                assert!(!message.contains("insightflow_key"), "{message}");
            }
        }
        assert!(read(name, Access::Any, 4).is_err());
        std::fs::remove_file(&path).expect("removed");
        assert!(read(name, Access::Any, 4).is_err());
        assert!(read("/dev/zero", Access::Any, 4).is_err());
        assert!(read("/", Access::Any, 4).is_err());
    }
}
