//! SECURITY.md names a test for each promise: the tests exist.

use std::path::Path;

#[test]
fn every_test_that_security_md_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("SECURITY.md")).expect("SECURITY.md");
    let names = text.split('`').skip(1).step_by(2);
    let mut seen = 0;
    for name in names {
        if let Some(golden) = name.strip_prefix("golden: ") {
            let script = root.join(format!("tests/regress/sql/{golden}.sql"));
            assert!(script.exists(), "{name}");
            seen += 1;
        } else if let Some((module, test)) = name.rsplit_once("::") {
            let file = root.join(format!("tests/client/{}.rs", module.replace("::", "/")));
            let code = std::fs::read_to_string(&file);
            let code = code.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(
                test == "*" || code.contains(&format!("fn {test}(")),
                "{name}"
            );
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}");
}
