//! What the source of the bus must not say: each of these lost or held up events in an experiment.

use std::path::{Path, PathBuf};

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    paths
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

/// The files whose code, without comments, says this.
fn saying(word: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/src/events/bus/amqp");
    let says = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("text");
        text.lines()
            .any(|line| !line.trim_start().starts_with("//") && line.contains(word))
    };
    let found = files(&folder).into_iter().filter(says);
    let names = found.map(|path| {
        let inside = path.strip_prefix(&folder).expect("it is in there");
        inside.to_string_lossy().into_owned()
    });
    names.collect()
}

#[test]
fn lapin_recovers_nothing() {
    assert_eq!(saying("enable_auto_recover"), [""; 0]);
    assert_eq!(saying("ConnectionProperties::default"), ["link/dial.rs"]);
}

/// That its channel has one owner, the types say: a test beside it.
#[test]
fn one_file_publishes_on_a_channel_that_confirms() {
    assert_eq!(saying(".basic_publish("), ["publisher/channel.rs"]);
    assert_eq!(saying(".confirm_select("), ["publisher/channel.rs"]);
    let source = include_str!("../../../runtime/src/events/bus/amqp/publisher/channel.rs");
    let selected = source.find(".confirm_select(").expect("it is");
    let published = source.find(".basic_publish(").expect("it does");
    assert!(selected < published, "confirm mode comes with the channel");
}
