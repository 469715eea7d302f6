//! Alone in its process, since it takes from it all that is unfinished.

use std::fs;

use silicabac_sim::unfinished;

#[test]
fn what_is_unfinished_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let make = || tempfile::Builder::new().tempdir_in(dir.path());
    let ((kept, first), (_gone, second)) =
        [(), ()].map(|()| unfinished::make(make, |made| made.path()).unwrap()).into();
    fs::write(second.path().join("file"), "").unwrap();
    drop(kept);
    let held = unfinished::remove_all();
    assert!(first.path().exists() && !second.path().exists());
    drop(held);
}
