//! What becomes of a stored record, for the one who published it.

use std::collections::HashMap;
use std::sync::Mutex;

use tokio::sync::watch;

use super::record::Seq;
use super::shared::lock;

/// Below so many, senders whose receiver is gone are not looked for.
const FEW: usize = 1024;

/// What became of a stored record so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is on disk.
    Waiting,
    /// The broker has it.
    Confirmed,
    /// It expired, or was refused for good, and is kept among the dead.
    Dead,
}

/// Those who may want to know, by record. Bounded by the receipts that are held.
#[derive(Default)]
pub(super) struct Fates(Mutex<Asked>);

struct Asked {
    by_seq: HashMap<Seq, watch::Sender<Fate>>,
    /// At this size those that nobody holds any more are forgotten.
    look_at: usize,
    ended: bool,
}

impl Fates {
    /// Before the record is on disk, so that no relay is faster.
    pub(super) fn expect(&self, seq: Seq, sender: watch::Sender<Fate>) {
        let mut asked = lock(&self.0);
        if asked.ended {
            return;
        }
        if asked.by_seq.len() >= asked.look_at {
            asked.by_seq.retain(|_, sender| !sender.is_closed());
            asked.look_at = FEW.max(asked.by_seq.len() * 2);
        }
        asked.by_seq.insert(seq, sender);
    }

    pub(super) fn decide(&self, seq: Seq, fate: Fate) {
        let sender = lock(&self.0).by_seq.remove(&seq);
        if let Some(sender) = sender {
            sender.send_replace(fate);
        }
    }

    /// Nobody will know any more.
    pub(super) fn end(&self) {
        let mut asked = lock(&self.0);
        asked.ended = true;
        asked.by_seq = HashMap::new();
    }
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            by_seq: HashMap::new(),
            look_at: FEW,
            ended: false,
        }
    }
}
